"""What the clock issues on the 1st: the statement of the month before, of every dealer with activity or a balance.

It looks once a day at who has none yet, so that a day missed is made up for and a dealer that had nothing on the 1st is
stated once a late document comes. It begins with the last month that the clock stated at all, so that months in which
no worker ran are made up for, the oldest first. The command's id is (kind, dealer, due date), so that two workers, or
one that begins anew, issue it once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import structlog

from credit_rating.by_the_clock import issue
from credit_rating.domain.statement import STATEMENTS, IssueStatement
from credit_rating.domain.statement_drawing import (
    Asked,
    Occasion,
    anything_to_state,
    drawn_up,
    last_month,
    months_to_state,
)
from credit_rating.evidence import entries_of
from credit_rating.published_policies import in_force
from credit_rating.snapshot import SERVICE, company_snapshot, parked_keys, positions
from eventlog.log import Log
from eventlog.position import cut_to_json
from events import StatementIssued
from events.ids import command_id
from service.health import Heart
from service.lifecycle import Loop
from service.runtime import Runtime

SLICE = 200
EVERY_SECONDS = 5.0
STALE_SECONDS = 300.0
KIND = "issue-statement"
DAY = timedelta(days=1)
STATED_TO = "select max(last_day) from statement where purpose = 'monthly' and issued_by = 'clock'"
NOT_STATED = """
select d.dealer from dealer d
where d.code is not null and ($1::uuid is null or d.dealer > $1)
    and not exists (select from statement s where s.dealer = d.dealer and s.purpose = 'monthly' and s.last_day = $2)
    and exists (select from ledger_entry e where e.dealer = d.dealer and e.dated <= $2)
order by d.dealer limit $3
"""
log = structlog.get_logger("statements")


async def issue_all(to: Log, today: date, currency: str) -> int:
    """State the month before that of `today`, and those missed before, for whoever has activity or a balance.

    Answers how many were issued. A dealer with a parked stream is passed over until that is mended.
    """
    async with company_snapshot(to.pool) as conn:
        months = months_to_state(await conn.fetchval(STATED_TO), today)
    return sum([await _issue_month(to, last_day, today, currency) for last_day in months])


async def _issue_month(to: Log, last_day: date, today: date, currency: str) -> int:
    issued, last = 0, None
    while True:
        async with company_snapshot(to.pool) as conn:
            dealers = [row["dealer"] for row in await conn.fetch(NOT_STATED, last, last_day, SLICE)]
            drawn = await _drawn(conn, dealers, last_day, currency) if dealers else {}
        for dealer, statement in drawn.items():
            command = IssueStatement(issued=statement, today=today)
            issued += await issue(to, STATEMENTS, str(dealer), command, *_parts(dealer, last_day), on=last_day + DAY)
        if len(dealers) < SLICE:
            return issued
        last = dealers[-1]


async def _drawn(conn: Any, dealers: list[UUID], last_day: date, currency: str) -> dict[UUID, StatementIssued]:
    cut, (policy, reference) = await positions(conn), await in_force(conn, last_day)
    parked = await parked_keys(conn, [str(dealer) for dealer in dealers])
    ledgers = await entries_of(conn, dealers, cut)
    occasion = Occasion(reference, policy.ageing.limits, cut_to_json(cut))

    def worked_out() -> dict[UUID, StatementIssued]:
        found = {}
        for dealer, entries in ledgers.items():
            named = str(command_id(SERVICE, *_parts(dealer, last_day)))
            asked = Asked(named, "monthly", last_day.replace(day=1), last_day, currency, "clock")
            try:
                statement = drawn_up(entries, asked, occasion)
            except ValueError as error:  # it holds up nobody else's
                log.error("a statement cannot be drawn up", dealer=str(dealer), error=str(error))
                continue
            if anything_to_state(statement) and str(dealer) not in parked:
                found[dealer] = statement
        return found

    return await asyncio.to_thread(worked_out)


def _parts(dealer: UUID, last_day: date) -> tuple[str, str, str]:
    """What the command's id derives from: kind, dealer, due date."""
    return KIND, str(dealer), (last_day + DAY).isoformat()


def loops(runtime: Runtime) -> Sequence[Loop]:
    """The loop that looks once a day."""
    trouble: str | None = None
    runtime.health.notice("statements", lambda: trouble)

    async def run(heart: Heart, stopping: asyncio.Event) -> None:
        nonlocal trouble
        looked_on = None
        while not stopping.is_set():
            try:
                if looked_on != (today := runtime.settings.today()):
                    issued = await issue_all(runtime.log, today, runtime.settings.currency)
                    log.info("statements issued", count=issued, month=str(last_month(today)[0])[:7])
                    looked_on = today
                trouble = None
            except Exception as error:  # whoever is stated already is not stated again at the next turn
                trouble = f"{type(error).__name__}: {error}"[:500]
                log.warning("statements wait", error=trouble)
            heart.beat()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)

    return [Loop(name="statements", role="worker", run=run, stale_seconds=STALE_SECONDS)]
