"""The register of exports: which lists went out as files, to whom, under which filters, known at which cut."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from eventlog.cut_form import token_of
from eventlog.position import cut_from_json
from events.fields import Day
from service.context import Read
from service.list_files import Format
from service.listing import Asked, Listing, Row, at_least, at_most, equals
from service.paging import Page
from service.routing import Router

router = Router("exports")
ROWS = """
select e.*, (e.recorded_at at time zone $1)::date as recorded_on, coalesce(e.territory, e.branch, e.region) as code
from list_export e
"""


class ExportView(BaseModel):
    """A list that went out: `resource` is its path, `filters` what was asked for, `known_at` what opens it again.

    `reach` and `code` say whose scope it shows; `sha256` is of the file as it was handed over.
    """

    export: UUID
    resource: str
    format: Format
    filters: dict[str, str]
    as_of: date
    reach: str
    code: str | None
    rows: int
    known_at: str
    sha256: str
    by: str
    recorded_at: datetime


EXPORTS = Listing(
    ROWS,
    ExportView,
    key=("export",),
    sorts=("recorded_at", "resource", "by", "rows"),
    default="-recorded_at",
    filters={
        "export": equals("export", UUID),
        "resource": equals("resource"),
        "by": equals('"by"'),
        "sha256": equals("sha256"),
        "recorded_from": at_least("recorded_on", Day),
        "recorded_to": at_most("recorded_on", Day),
    },
)


@router.get("/exports", permission="export.read", answers=Page[ExportView])
async def list_exports(read: Read, asked: Annotated[Asked, Depends(EXPORTS.asked)]) -> Page[ExportView]:
    """Lists that were taken out as files, the last first; `sha256` finds the one that a file is of."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, str(read.runtime.settings.zone))
    return asked.page([_row(row) for row in rows], ExportView)


def _row(row: Row) -> dict[str, Any]:
    known_at = token_of(cut_from_json(json.loads(row["cut"])))
    return dict(row) | {"filters": json.loads(row["filters"]), "known_at": known_at}
