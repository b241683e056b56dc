"""The events behind each number of a grade: the documents and the survey that an indicator was computed from."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from credit_rating.api.entries import ROWS, LedgerEntryView, entry_row
from credit_rating.domain.indicators import INDICATORS
from credit_rating.domain.indicators.behind import Behind, behind
from credit_rating.evidence import REGISTRY, TIERING, bounds, within
from credit_rating.known_at import KnownPage, known_page
from credit_rating.published_policies import PolicyAltered, named
from credit_rating.snapshot import SERVICE
from eventlog.position import cut_from_json
from events.types.shapes import PolicyRef
from service.context import Read
from service.listing import Asked, Listing
from service.problems import Problem
from service.routing import Router

router = Router("grades")
Indicator: Any = Literal.__getitem__(tuple(each.name for each in INDICATORS))
GRADE = """
select dealer, as_of, policy, cut, indicators -> 'goods_flow' -> 'inputs' ->> 'basis' as basis from grade
where event = $1
"""
SURVEY = f"""
select event, partition, sequence, surveyed_on from survey_answer
where dealer = $1 and {within(2)} and surveyed_on <= $3 order by surveyed_on desc, sequence desc limit 1
"""
DOCUMENTS = f"""
select * from ({ROWS}) as entry
where ($3::text[] is null or kind = any($3)) and not taken_back and kind <> 'reversal'
    and dated between $4 and $5
union all
select m.event, m.dealer, case m.direction when 'sell_in' then 'delivery' else m.direction end, m.origin, m.invoice,
    m.value, m.moved_on, null::date, null, null, null, null::jsonb, null, null, null, null, null, null::uuid,
    null::uuid, false, false, null, null::integer, m.recorded_at, m.partition, m.sequence
from goods_moved m
where m.dealer = $1 and {within(6, "m.")} and m.direction = $7 and m.moved_on between $4 and $5
    and not exists (select from goods_moved r where r.reverses = m.event and {within(6, "r.")})
"""
"""Entries of the ledger, or sale lines: `sell_out`, `delivery`; no indicator rests on both."""
MOVED = {"sell_out": "sell_out", "deliveries": "sell_in"}


class SurveyEvent(BaseModel):
    """The survey that was used: its event in the registry's log."""

    event: UUID
    partition: int
    sequence: int
    surveyed_on: date


class EventsPage(KnownPage[LedgerEntryView]):
    """What stands behind an indicator, within the grade's cut: entries of the ledger; the survey, if it has a part.

    Behind the flow of goods stand sale lines, of kind `sell_out` or `delivery`, without VAT, `number` their invoice.
    """

    indicator: str
    survey: SurveyEvent | None


EVENTS = Listing(
    DOCUMENTS,
    LedgerEntryView,
    key=("sequence",),
    sorts=("sequence", "dated", "amount"),
    nullable=("amount",),
    default="sequence",
)


@router.get("/grades/{grade}/events", permission="grade.read", answers=EventsPage, problems=("policy-altered",))
async def events_behind(
    grade: UUID, read: Read, asked: Annotated[Asked, Depends(EVENTS.asked)], indicator: Indicator
) -> EventsPage:
    """The events behind one indicator of a grade, as they were known at its cut."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(GRADE, grade)
        if row is None:
            raise Problem("not-found", "There is no such grade in your scope.", retryable=True)
        cut, window = cut_from_json(json.loads(row["cut"])), await _window(conn, row, indicator)
        dealer, kinds = row["dealer"], None if window.kinds is None else list(window.kinds)
        when, moved, survey = (window.first, window.last), MOVED.get(row["basis"]) if window.goods else None, None
        rows = await asked.rows(conn, dealer, bounds(cut, SERVICE), kinds, *when, bounds(cut, TIERING), moved)
        if window.survey:
            survey = await conn.fetchrow(SURVEY, dealer, bounds(cut, REGISTRY), row["as_of"])
    page = asked.page([entry_row(each) for each in rows], LedgerEntryView)
    used = SurveyEvent.model_validate(dict(survey)) if survey else None
    return EventsPage(**known_page(page, cut), indicator=indicator, survey=used)


async def _window(conn: Any, row: Any, indicator: str) -> Behind:
    """The indicator's window by the policy that the grade names."""
    try:
        policy = (await named(conn, PolicyRef.model_validate_json(row["policy"]))).policy
    except PolicyAltered as error:
        raise Problem("policy-altered", f"This grade rests on a policy that cannot be shown: {error}.") from error
    return behind(indicator, row["as_of"], policy.indicators)
