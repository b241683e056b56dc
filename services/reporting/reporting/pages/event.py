"""One event as it is in the log, with the place the log gave it: `/events/{service}/{partition}/{sequence}`."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import Path, Query
from starlette.responses import Response

from reporting.asking import Looked
from reporting.i18n import N_
from reporting.pages.view import page, render
from reporting.reading.document import document_at, lineage_at, told
from reporting.reading.standpoint import standpoint
from reporting.reading.wrong import Wrong
from service.context import Read
from service.routing import Router

router = Router("pages")
Service = Literal["customer-registry", "credit-rating", "tiering", "reporting"]


@router.get("/events/{service}/{partition}/{sequence}", permission="event.read", page=True, include_in_schema=False)
@page
async def event(
    read: Read,
    service: Service,
    partition: Annotated[int, Path(ge=0, le=999)],
    sequence: Annotated[int, Path(ge=1, lt=2**63)],
    ask: Annotated[Looked, Query()],
) -> Response:
    """The document, read from the topic; where that cannot be reached, what our own facts hold of it."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        known = await told(conn, service, partition, sequence)
        lineage = await lineage_at(conn, service, partition, sequence)
    if known is None and read.caller.reach != "company":
        raise Wrong("not-found", N_("There is no such event about a dealer in your scope."))
    found = await document_at(read.runtime, service, partition, sequence, lineage)
    if found is None and known is None:
        raise Wrong("not-found", N_("The log holds no such event, or its topic cannot be reached just now."))
    document = json.loads(found.content) if found else None
    return render(read, "event.html", at=at, service=service, partition=partition, sequence=sequence, document=document,
                  content=json.dumps(document, ensure_ascii=False, indent=2), placement=found and found.placement,
                  known=known, dealer=known and known["dealer"])  # fmt: skip
