"""What the imports of one service are: event types, profiles, how rows become facts and how they are taken back."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from events.catalogue import Event
from events.decider import Decider
from service.caller import Caller
from service.imports.decider import Command, Import, Types, decider_of
from service.imports.profile import Profile
from service.imports.report import Sink
from service.runtime import Runtime


class Asked(BaseModel):
    """What a request may say beside the file; a service that asks for more declares a subclass."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = Field(None, max_length=255, description="the file's name, unless Content-Disposition gives it")
    profile: str | None = Field(None, max_length=64, description="a shipped profile, unless Import-Profile carries one")
    dry_run: bool = Field(False, description="a verdict for every row, nothing written")
    wait: bool = Field(False, description="answer when it is finished, or after WAIT_SECONDS")


@dataclass(frozen=True, kw_only=True)
class Running:
    """One import at work, on behalf of who asked for it, on the business date when it was asked.

    `path` and `profile` are what the file is and how it is read; `options` what `Importing.admit` answered.
    """

    runtime: Runtime
    import_id: str
    caller: Caller
    today: datetime.date
    correlation: str
    traceparent: str | None = None
    file: str = ""
    path: Path | None = None
    profile: Profile | None = None
    options: Mapping[str, Any]
    dry_run: bool = False

    @property
    def log(self) -> Any:
        """The service's log."""
        return self.runtime.log


Admit = Callable[[Runtime, Caller, Any], Awaitable[dict[str, Any]]]
"""(runtime, caller, asked) → options that the import records; raises Refused or Problem before anything is kept."""


async def admit_all(runtime: Runtime, caller: Caller, asked: Asked) -> dict[str, Any]:
    """Most services have no further options."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Importing:
    """The declaration of one service's imports.

    Parameters
    ----------
    package: the service's package; its folder `profiles` ships the mapping profiles.
    types: its event types of the life of an import; `service.imports.projection.table_of` shows them as a table.
    reversal: the event type that takes one event back; None where imports are not undone.
    kinds: which kinds of profile it takes (`sales`, `invoices`, `dealers`).
    sink: makes the sink of one import; for a dry run, the one that writes nothing.
    undo: takes back what an import brought in, repeatable; None where that is not offered, and `undo_instead` says why.
    asks, admit: further parameters of `POST /imports`, and what they become.
    """

    package: str
    types: Types
    reversal: type[Event] | None = None
    kinds: tuple[str, ...]
    sink: Callable[[Running], Awaitable[Sink]]
    undo: Callable[[Running, str], Awaitable[object]] | None = None
    undo_instead: str = ""
    asks: type[Asked] = Asked
    admit: Admit = admit_all

    @cached_property
    def decider(self) -> Decider[Import, Command]:
        """The decider of `import-<id>/import`."""
        return decider_of(self.types)
