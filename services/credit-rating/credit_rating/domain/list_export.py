"""Lists that go out as files: who took which rows out, under which filters, known at which cut (domain.md 4)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict

from events import Event, ListExported
from events.decider import Decider, Refused


class Export(msgspec.Struct, frozen=True):
    """One export; it happens once."""

    done: bool = False


class RecordExport(BaseModel):
    """Somebody takes these rows out; `sha256` is of the file that is handed over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resource: str
    format: Literal["csv", "xlsx"]
    filters: dict[str, str]
    as_of: date
    reach: str
    code: str | None
    rows: int
    cut: dict[str, dict[str, int]]
    sha256: str
    by: str


def decide(export: Export, command: RecordExport) -> list[Event]:
    """What happens on a command."""
    if export.done:
        raise Refused("export-known", "This export is recorded: a new one has an id of its own.")
    return [ListExported(**command.model_dump())]


def evolve(export: Export, event: Any) -> Export:
    """What is then so."""
    return Export(done=True)


LIST_EXPORT = Decider(owner="credit-rating", category="export", state=Export, decide=decide, evolve=evolve)
