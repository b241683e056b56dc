"""What the routes of imports answer."""

from __future__ import annotations

import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from events.fields import Said

Shown = Literal["waiting", "running", "previewed", "completed", "refused", "undoing", "undone", "lost"]
FINISHED = frozenset({"previewed", "completed", "refused", "undone"})


class ImportLinks(BaseModel):
    """Where to go from here; None where there is nothing."""

    self: str
    errors: str | None
    preview: str | None
    rows: str | None
    undo: str | None


class ProgressView(BaseModel):
    """How far the worker is; `total` is None while it is unknown."""

    stage: str
    done: int
    total: int | None
    unit: str
    accepted: int
    duplicates: int
    rejected: int
    ignored: int


class ImportView(BaseModel):
    """One import; figures are None until they are known, `rows` does not count ignored ones."""

    id: str
    state: Shown
    file: str
    sha256: str
    profile: str
    size: int
    options: dict[str, Any]
    dry_run: bool
    by: str
    started_on: datetime.date | None
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    progress: ProgressView | None
    rows: int | None
    accepted: int | None
    duplicates: int | None
    rejected: int | None
    ignored: int | None
    reasons: dict[str, int] | None
    reason: str | None
    reversed: int | None
    trouble: str | None
    positions: list[str]
    links: ImportLinks


class ImportRow(BaseModel):
    """One import in the list, newest first."""

    id: str
    state: str
    file: str
    sha256: str
    profile: str
    size: int
    by: str
    started_on: datetime.date
    rows: int | None
    accepted: int | None
    duplicates: int | None
    rejected: int | None
    reason: str | None
    reversed: int | None


class WhyUndone(BaseModel):
    """Why an import is taken back."""

    model_config = ConfigDict(extra="forbid")
    reason: Said


class RowEvent(BaseModel):
    """An event that came from a row."""

    event: UUID
    type: str
    stream: str
    subject: str
    position: str
    recorded_at: datetime.datetime


class RowEvents(BaseModel):
    """A row of a file and what came of it, reversals included."""

    id: str
    file: str
    row: int
    events: list[RowEvent]
