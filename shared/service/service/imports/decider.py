"""The life of an import as a stream, `import-<id>/import`: started, then completed, or undone; the same in every owner.

A file that is refused while it is read ends as undone with nothing reversed: nothing of it was recorded.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict

from events.catalogue import Event
from events.decider import Decider, Refused
from events.types.shapes import ImportCompleted, ImportStarted, ImportUndone

REFUSED = "refused: "
"""How the reason begins where the file was refused while it was read."""
State = Literal["unknown", "running", "completed", "refused", "undone"]


class Types(NamedTuple):
    """The three event types of one owner."""

    started: type[ImportStarted]
    completed: type[ImportCompleted]
    undone: type[ImportUndone]


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """An import as its events say it; None: not yet."""

    file: str = ""
    sha256: str = ""
    profile: str = ""
    size: int = 0
    options: dict[str, Any] = {}
    rows: int | None = None
    accepted: int | None = None
    duplicates: int | None = None
    rejected: int | None = None
    reason: str | None = None
    reversed: int | None = None

    @property
    def state(self) -> State:
        """Where it stands."""
        return state_of(known=bool(self.file), rows=self.rows, reason=self.reason)


def state_of(*, known: bool, rows: int | None, reason: str | None) -> State:
    """What its rows and the reason of its undoing say of an import."""
    match known, rows, reason:
        case False, _, _:
            return "unknown"
        case _, None, str() if reason.startswith(REFUSED):
            return "refused"
        case _, _, str():
            return "undone"
        case _, int(), None:
            return "completed"
        case _:
            return "running"


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StartImport(_Command):
    """A file was taken in."""

    file: str
    sha256: str
    profile: str
    size: int
    options: dict[str, Any]


class CompleteImport(_Command):
    """Every row has its verdict."""

    rows: int
    accepted: int
    duplicates: int
    rejected: int


class UndoImport(_Command):
    """What the import brought in was reversed, or nothing was because the file was refused."""

    reason: str
    reversed: int


Command: TypeAlias = StartImport | CompleteImport | UndoImport


def decide(types: Types, state: Import, command: Command) -> list[Event]:
    """Events of a command; what is done already is done again by nothing."""
    match command, state.state:
        case StartImport(), "unknown":
            return [types.started(**command.model_dump())]
        case StartImport(), _:
            raise Refused("import-known", "This import was started already: read how far it is.")
        case _, "unknown":
            raise Refused("not-found", "There is no such import.")
        case CompleteImport(), "running":
            return [types.completed(**command.model_dump())]
        case UndoImport(), "running" | "completed":
            return [types.undone(**command.model_dump())]
        case _:
            return []


def evolve(state: Import, event: Event) -> Import:
    """The import after an event."""
    match event:
        case ImportStarted():
            return Import(
                file=event.file, sha256=event.sha256, profile=event.profile, size=event.size, options=event.options
            )
        case ImportCompleted():
            return msgspec.structs.replace(
                state,
                rows=event.rows,
                accepted=event.accepted,
                duplicates=event.duplicates,
                rejected=event.rejected,
            )
        case ImportUndone():
            return msgspec.structs.replace(state, reason=event.reason, reversed=event.reversed)
        case _:
            return state


def decider_of(types: Types) -> Decider[Import, Command]:
    """The decider of one owner's imports."""
    owner = types.started.event_type.owner
    return Decider(owner=owner, category="import", state=Import, decide=partial(decide, types), evolve=evolve)


def key_of_import(import_id: str) -> str:
    """The key of an import's stream."""
    return f"import-{import_id}"
