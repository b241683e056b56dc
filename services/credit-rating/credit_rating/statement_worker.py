"""What the clock issues on the 1st: the statement of the month before, of every dealer with activity or a balance.

It looks once a day at who has none yet, so that a day missed is made up for and a dealer that had nothing on the 1st is
stated once a late document comes. It begins with the last month that the clock stated at all, so that months in which
no worker ran are made up for, the oldest first. The command's id is (kind, dealer, due date), so that two workers, or
one that begins anew, issue it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import structlog

from credit_rating.by_the_clock import issue
from credit_rating.domain.statement import STATEMENTS, IssueStatement
from credit_rating.domain.statement_drawing import (
    Asked,
    Occasion,
    anything_to_state,
    drawn_up,
    months_to_state,
)
from credit_rating.evidence import entries_of
from credit_rating.published_policies import in_force
from credit_rating.slices import SLICE, Row, SomeWait, Walk, for_each
from credit_rating.snapshot import SERVICE, company_snapshot, parked_keys, positions
from eventlog.connection import Connection
from eventlog.log import Log
from eventlog.position import cut_to_json
from events import StatementIssued
from events.ids import command_id

KIND, DEALERS = "issue-statement", "statements"
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

    Answers how many were issued. A dealer with a parked stream is passed over until that is mended; one that cannot be
    stated keeps nobody else from it.
    """
    async with company_snapshot(to.pool) as conn:
        months = months_to_state(await conn.fetchval(STATED_TO), today)
    issued, failed = 0, dict[str, Exception]()
    for last_day in months:
        try:
            issued += await _issue_month(to, last_day, today, currency)
        except SomeWait as waiting:  # who waits in one month keeps nobody from the next
            failed |= waiting.failed
            issued += waiting.done
    log.info("statements issued", count=issued, months=[str(each)[:7] for each in months])
    if failed:
        raise SomeWait(DEALERS, failed, issued)
    return issued


async def _issue_month(to: Log, last_day: date, today: date, currency: str) -> int:
    async def rows(conn: Connection, last: Row | None) -> Sequence[Row]:
        return await conn.fetch(NOT_STATED, last and last["dealer"], last_day, SLICE)

    async def due(conn: Connection, these: Sequence[Row]) -> list[tuple[str, StatementIssued]]:
        return await _drawn(conn, [row["dealer"] for row in these], last_day, currency)

    async def give(dealer: str, statement: StatementIssued) -> bool:
        command = IssueStatement(issued=statement, today=today)
        return await issue(to, STATEMENTS, dealer, command, *_parts(dealer, last_day), on=last_day + DAY)

    return await for_each(to, Walk(name=DEALERS, rows=rows, due=due, give=give))


async def _drawn(
    conn: Connection, dealers: list[UUID], last_day: date, currency: str
) -> list[tuple[str, StatementIssued]]:
    cut, (policy, reference) = await positions(conn), await in_force(conn, last_day)
    parked = await parked_keys(conn, [str(dealer) for dealer in dealers])
    ledgers = await entries_of(conn, dealers, cut)
    occasion = Occasion(reference, policy.ageing.limits, cut_to_json(cut))

    def worked_out() -> list[tuple[str, StatementIssued]]:
        found = []
        for dealer, entries in ledgers.items():
            named = str(command_id(SERVICE, *_parts(str(dealer), last_day)))
            asked = Asked(named, "monthly", last_day.replace(day=1), last_day, currency, "clock")
            if str(dealer) not in parked and anything_to_state(statement := drawn_up(entries, asked, occasion)):
                found.append((str(dealer), statement))
        return found

    return await asyncio.to_thread(worked_out)


def _parts(dealer: str, last_day: date) -> tuple[str, str, str]:
    """What the command's id derives from: kind, dealer, due date."""
    return KIND, dealer, (last_day + DAY).isoformat()
