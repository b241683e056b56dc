"""The list of a service's imports, as a table to read; the same declaration for every owner."""

from __future__ import annotations

from typing import Any

from eventlog.projection import Patch, StateTable, bigint, day, text, uuid
from service.imports.decider import Types

COLUMNS = {
    "file": text,
    "sha256": text,
    "profile": text,
    "size": bigint,
    "by": text,
    "started_on": day,
    "started": uuid,
    "rows": bigint,
    "accepted": bigint,
    "duplicates": bigint,
    "rejected": bigint,
    "reason": text,
    "reversed": bigint,
}


def table_of(types: Types) -> StateTable:
    """The table `file_import`; `started` is the id of the event that began it, so its order is that of time."""
    table = StateTable("file_import", key={"id": text}, columns=COLUMNS, indexes=[("started",)])

    @table.on(types.started, uses=("file", "sha256", "profile", "size"))
    def started(e: Any) -> Patch:
        return Patch(
            key=_key(e),
            set={
                "file": e.data.file,
                "sha256": e.data.sha256,
                "profile": e.data.profile,
                "size": e.data.size,
                "by": e.actor,
                "started_on": e.businessdate,
                "started": e.id,
            },
        )

    @table.on(types.completed, uses=("rows", "accepted", "duplicates", "rejected"))
    def completed(e: Any) -> Patch:
        return Patch(
            key=_key(e),
            set={
                "rows": e.data.rows,
                "accepted": e.data.accepted,
                "duplicates": e.data.duplicates,
                "rejected": e.data.rejected,
            },
        )

    @table.on(types.undone, uses=("reason", "reversed"))
    def undone(e: Any) -> Patch:
        return Patch(key=_key(e), set={"reason": e.data.reason, "reversed": e.data.reversed})

    return table


def _key(e: Any) -> tuple[str]:
    return (e.subject.removeprefix("import-"),)
