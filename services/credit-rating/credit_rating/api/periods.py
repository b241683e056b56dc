"""Months of the ledger: closed, opened again, and the facts that came while theirs was closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict

from credit_rating.api.entries import COLUMNS, LedgerEntryView, entry_row
from credit_rating.closed import Closed
from credit_rating.domain.calendar_window import month_end
from credit_rating.domain.period import PERIOD, ClosePeriod, ReopenPeriod, month_named
from credit_rating.evidence import bounds, within
from credit_rating.known_at import KnownAt, KnownPage, cut_known_at, known_page
from credit_rating.projections.period_step import DATED, late
from credit_rating.snapshot import SERVICE, positions
from eventlog.position import cut_to_json
from events import PeriodClosed, PeriodReopened
from events.fields import Said
from service.context import Read, Write, WriteContext
from service.listing import Asked, Listing, at_least, at_most, equals
from service.paging import Page
from service.routing import Router

router = Router("periods")
PATTERN = r"^(199[0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$"
Month = Annotated[str, Path(pattern=PATTERN, examples=["2026-03"])]
MonthAsked = Annotated[str, Query(pattern=PATTERN)]
STATES = """
select distinct on (s.period) s.period, case s.kind when 'closed' then 'closed' else 'open' end as state, s.by,
    s.reason, s.cut, s.recorded_at as changed_at
from period_step s order by s.period, s.sequence desc
"""
ONE = f"select * from ({STATES}) as s where period = $1"
OF_MONTH = f"""
from ledger_entry e where (e.dated between $1 and $3 or (e.dated is null and {DATED} between $1 and $3)) and {within(2)}
"""
"""Either arm by the index of days: a reversal has none of its own."""
COUNTED = f"select count(*) as entries, count(*) filter (where {late(2)}) as late {OF_MONTH}"
LATE = f"select * from (select {COLUMNS} {OF_MONTH}) as e where e.late"


class PeriodView(BaseModel):
    """A month; who closed it or opened it again last, when, why. One that was never closed is open, by nobody."""

    period: str
    state: str
    by: str | None = None
    reason: str | None = None
    changed_at: datetime | None = None


class PeriodCounted(PeriodView):
    """A month with the entries about it that the caller sees, and how many of them came while it was closed."""

    entries: int
    late: int


class ClosedView(BaseModel):
    """A month that was closed, or opened again, with everything up to `cut`."""

    period: str
    state: str
    by: str
    cut: dict[str, dict[str, int]]


class Close(Closed):
    """Nothing is said beside the month itself."""


class Reopen(Closed):
    """Why the month takes facts again as if it had not been closed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The ERP resends its last batch of June."}]})

    reason: Said


class LateFact(LedgerEntryView):
    """An entry about a month that was closed when it came."""

    dealer: UUID


PERIODS = Listing(
    STATES,
    PeriodView,
    key=("period",),
    sorts=("period", "state", "changed_at", "by"),
    default="-period",
    filters={
        "state": equals("state", Literal["open", "closed"]),
        "by": equals("by"),
        "period_from": at_least("period", MonthAsked),
        "period_to": at_most("period", MonthAsked),
    },
)
LATE_FACTS = Listing(
    LATE,
    LateFact,
    key=("partition", "sequence"),
    sorts=("recorded_at", "dated", "amount", "kind", "number"),
    nullable=("dated", "amount"),
    default="recorded_at",
    filters={"kind": equals("kind"), "source": equals("source"), "dealer": equals("dealer", UUID)},
)


@router.get("/periods", permission="period.read", answers=Page[PeriodView])
async def list_periods(read: Read, asked: Annotated[Asked, Depends(PERIODS.asked)]) -> Page[PeriodView]:
    """Every month that was ever closed, the latest first; all others are open."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn)
    return asked.page(rows, PeriodView)


@router.get("/periods/{period}", permission="period.read", answers=PeriodCounted)
async def read_period(period: Month, read: Read) -> PeriodCounted:
    """One month; its ETag is what a closing or an opening names, "0" if there was none yet."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, period)
        counted = await conn.fetchrow(COUNTED, *_month(period, bounds(await positions(read.runtime.pool), SERVICE)))
        await read.shows(conn, PERIOD, _key(period))
    state = dict(row) if row else {"period": period, "state": "open"}
    return PeriodCounted.model_validate(state | dict(counted))


@router.get("/periods/{period}/late-facts", permission="period.read", answers=KnownPage[LateFact])
async def list_late(
    period: Month, read: Read, asked: Annotated[Asked, Depends(LATE_FACTS.asked)], known_at: KnownAt = None
) -> KnownPage[LateFact]:
    """The entries about a month that came while it was closed, as they came."""
    cut = await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, *_month(period, bounds(cut, SERVICE)))
    return KnownPage[LateFact](**known_page(asked.page([entry_row(row) for row in rows], LateFact), cut))


@router.post("/periods/{period}/closing", permission="period.close", answers=ClosedView, edits=True,
             problems=("month-not-over", "period-closed"))  # fmt: skip
async def close_period(period: Month, body: Close, write: Write) -> Response:
    """Close a month with everything that the ledger holds by now; what comes later about it is late."""

    async def with_cut(_: Any) -> ClosePeriod:
        return ClosePeriod(period=period, cut=await _cut(write), by=write.caller.login, today=write.today)

    written = await write.handle(PERIOD, _key(period), None, prepare=with_cut)
    (closed,) = written.events
    assert isinstance(closed, PeriodClosed)
    return write.answer(written, ClosedView(**closed.model_dump(), state="closed"))


@router.post("/periods/{period}/reopening", permission="period.close", answers=ClosedView, edits=True,
             problems=("period-open",))  # fmt: skip
async def reopen_period(period: Month, body: Reopen, write: Write) -> Response:
    """Open a closed month again: what is recorded until it is closed anew is not late."""

    async def with_cut(_: Any) -> ReopenPeriod:
        return ReopenPeriod(period=period, cut=await _cut(write), by=write.caller.login, reason=body.reason)

    written = await write.handle(PERIOD, _key(period), None, prepare=with_cut)
    (opened,) = written.events
    assert isinstance(opened, PeriodReopened)
    return write.answer(written, ClosedView(**opened.model_dump(exclude={"reason"}), state="open"))


async def _cut(write: WriteContext) -> dict[str, dict[str, int]]:
    """What our own log holds now, partition by partition."""
    return cut_to_json({SERVICE: await write.runtime.log.last()})


def _key(period: str) -> str:
    return f"period-{period}"


def _month(period: str, cut: list[int]) -> tuple[date, list[int], date]:
    last = month_end(month_named(period))
    return last.replace(day=1), cut, last
