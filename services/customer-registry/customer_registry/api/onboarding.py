"""Onboarding of dealers that a file names: bulk, by an importer, into a named territory under named people."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import Query, Request, Response

from customer_registry.domain import territory as territories
from customer_registry.domain.command import OwnCode
from customer_registry.importing import WAIVER, Importer, Onboarding, OnboardingRow, onboard
from events.decider import Refused
from events.fields import Amount, Code, Day, PaymentTerms, Said
from events.types.customer_registry import ChannelLevel, Cooperation
from service.bulk import MEDIA_TYPE, Row, RowVerdict, ndjson
from service.context import Write
from service.problems import Problem
from service.routing import Router
from service.telemetry import current_traceparent

router = Router("dealers")
Person = Annotated[Code, Query()]


@router.post("/dealers:onboard", permission="dealer.onboard", accepts=MEDIA_TYPE, gives=(MEDIA_TYPE,),
             body_bytes="bulk_bytes", status=200, problems=("unknown-territory", "same-person"))  # fmt: skip
async def onboard_dealers(
    request: Request,
    write: Write,
    territory: Annotated[OwnCode, Query()],
    approved_by: Person,
    reviewed_by: Person,
    submitted_by: Annotated[Code | None, Query()] = None,
    onboarded_on: Day | None = None,
    channel_level: ChannelLevel = "retailer",
    cooperation: Cooperation = "dealer",
    method: PaymentTerms = "credit",
    term_days: Annotated[int, Query(ge=0, le=3650)] = 30,
    forecast_monthly_sales: Annotated[Amount, Query()] = Decimal(1),
    waiver: Annotated[Said, Query()] = WAIVER,
    import_id: Annotated[Code | None, Query()] = None,
) -> Response:
    """Dealers as NDJSON, a verdict for each: a known reference is a duplicate and stays as it is."""
    place, _ = await write.runtime.log.state(territories.TERRITORY, territories.key(territory))
    if not place.name:
        raise Refused("unknown-territory", f"there is no territory {territory}: define it first")
    people = submitted_by or write.caller.login, reviewed_by, approved_by
    if len(set(people)) < len(people):
        raise Problem("same-person", "The three steps of an approval take three people: name three.")
    onboarding = Onboarding(
        territory, place, *people, onboarded_on or write.today, channel_level, cooperation, method, term_days,
        forecast_monthly_sales, waiver,
    )  # fmt: skip
    importer = Importer(write.caller.login, write.today, write.correlation, import_id, current_traceparent())

    async def record(rows: list[Row[OnboardingRow]]) -> list[RowVerdict]:
        return await onboard(write.runtime.log, rows, onboarding, importer)

    return await ndjson(request, OnboardingRow, record)
