"""Exports: who took which report out, under which filters, known at which cut (domain.md 4, register of exports)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict

from events import Event, ReportExported
from events.decider import Decider, Refused


class Export(msgspec.Struct, frozen=True):
    """One export; it happens once."""

    done: bool = False


class RecordExport(BaseModel):
    """Somebody takes these rows out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    report: str
    format: Literal["csv", "xlsx"]
    filters: dict[str, str]
    rows: int
    cut: dict[str, dict[str, int]]
    by: str


def decide(export: Export, command: RecordExport) -> list[Event]:
    """What happens on a command."""
    if export.done:
        raise Refused("export-known", "This export is recorded: a new one has an id of its own.")
    return [ReportExported(**command.model_dump())]


def evolve(export: Export, event: Any) -> Export:
    """What is then so."""
    return Export(done=True)


EXPORT = Decider(owner="reporting", category="export", state=Export, decide=decide, evolve=evolve)
