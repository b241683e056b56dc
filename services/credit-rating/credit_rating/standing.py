"""What a dealer's standing is at a moment: the grade and limit in force, and everything an order is checked against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from credit_rating.consigned import NONE, consigned_of
from credit_rating.domain.credit_check import Standing, known_at_once, standing_of
from credit_rating.evidence import entries_of
from credit_rating.group_standing import group_standing_in, members_of
from credit_rating.projections.credit_limit import OF_GRADE
from credit_rating.projections.limit_override import IN_FORCE as OVERRIDE
from credit_rating.projections.review_step import CURRENT
from credit_rating.published_policies import in_force
from credit_rating.snapshot import SERVICE, company_snapshot, parked_keys, positions, wait_until_shown
from credit_rating.unreturned import unreturned
from eventlog.connection import Connection
from eventlog.position import cut_to_json
from rules.money import NOTHING
from rules.receivables import receivables
from service.problems import Problem
from service.runtime import Runtime

LAST = "select coalesce(max(sequence), 0) from log.event where partition = $1"
SUSPENSION = "select suspended, suspension_on from dealer where dealer = $1"
IN_FORCE = f"""
select g.dealer, g.event, g.run, g.as_of, g.grade, coalesce(o."limit", l."limit") as "limit", g.sequence
from grade g join {CURRENT} using (run) cross join lateral {OF_GRADE}
left join {OVERRIDE} on true
where g.dealer = $1 and g.as_of <= $2 order by g.as_of desc, g.sequence desc limit 1
"""


class GradeInForce(NamedTuple):
    """The grade and limit that a completed run or an approved review gave last; an override replaces the limit."""

    event: UUID
    run: UUID
    as_of: date
    grade: int
    limit: Decimal


async def grade_in_force(conn: Connection, dealer: UUID, as_of: date) -> GradeInForce | None:
    """The grade in force on a day: of completed runs the latest; None before the first."""
    row = await conn.fetchrow(IN_FORCE, dealer, as_of)
    return row and GradeInForce(row["event"], row["run"], row["as_of"], row["grade"], row["limit"])


async def gathered_standing(runtime: Runtime, dealer: UUID, as_of: date, group: str = "") -> Standing:
    """The standing to check an order against, once everything that the log holds of this dealer is shown here.

    The dealer's orders and its ledger share a partition, so an invoice that used up a reservation is among the
    receivables whenever its use is in the orders' state; taken back, it is among what is `unreturned`. Of a `group`
    everything that the log holds is awaited, so that the number of its checks is most likely the last; if it is not,
    that number is taken, and the check made again.
    Refuses with 503 while a stream of the dealer, or of its group, is parked.
    """
    if group:
        await wait_until_shown(runtime.pool, {SERVICE: await runtime.log.last()}, runtime.settings.wait_seconds)
    else:
        await shown_to_the_last(runtime, dealer)
    async with company_snapshot(runtime.pool) as conn:
        others = await members_of(conn, group) if group else []
        if await parked_keys(conn, [str(each) for each in (dealer, *others)]):
            raise Problem("stream-parked")
        return await standing_in(conn, dealer, as_of, group)


async def shown_to_the_last(runtime: Runtime, dealer: UUID) -> None:
    """Wait until all that the log holds of a dealer is shown; 504 if it takes too long."""
    partition = runtime.log.partition_of(str(dealer))
    last = await runtime.pool.fetchval(LAST, partition)
    await wait_until_shown(runtime.pool, {SERVICE: {partition: last}}, runtime.settings.wait_seconds)


async def standing_in(conn: Connection, dealer: UUID, as_of: date, group: str = "") -> Standing:
    """The standing on the day of a check as one snapshot shows it, beside that of its owner group if it has one."""
    cut = await positions(conn)
    entries = (await entries_of(conn, [dealer], cut)).get(dealer, [])
    consigned = await consigned_of(conn, [dealer], as_of, cut)
    due_back = await unreturned(conn, {dealer: entries})
    policy, reference = await in_force(conn, as_of)
    given = await grade_in_force(conn, dealer, as_of)
    standing = standing_of(
        receivables(known_at_once(entries, as_of), as_of),
        rule=policy.check,
        grade=given.grade if given else None,
        limit=given.limit if given else None,
        suspended=is_suspended(await conn.fetchrow(SUSPENSION, dealer), as_of),
        cut=cut_to_json(cut),
        policy=reference,
        consigned_stock=consigned.get(dealer, NONE).value,
        unreturned=due_back.get(dealer, NOTHING),
    )
    if not group:
        return standing
    return standing.model_copy(update={"group": await group_standing_in(conn, dealer, group, as_of)})


def is_suspended(row: Mapping[str, Any] | None, as_of: date) -> bool:
    """Whether the last suspension or reinstatement of a dealer bites on a day: before its date the opposite holds."""
    if row is None or row["suspended"] is None:
        return False
    said: bool = row["suspended"]
    begun: bool = row["suspension_on"] <= as_of
    return said == begun
