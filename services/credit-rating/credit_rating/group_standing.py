"""What a dealer's owner group comes to at a moment, and how a check that met another one of the group is made again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import TypeVar
from uuid import UUID

from credit_rating.consigned import NONE, consigned_of
from credit_rating.domain.credit_check import Reserved, Standing, known_at_once, standing_of
from credit_rating.domain.group_check import Member, others
from credit_rating.domain.group_limit import key
from credit_rating.domain.group_standing import GroupStanding
from credit_rating.domain.money import NOTHING
from credit_rating.domain.order import GROUP_CHECK
from credit_rating.evidence import entries_of
from credit_rating.projections.group_limit import IN_FORCE
from credit_rating.published_policies import in_force
from credit_rating.snapshot import positions, require_not_parked
from credit_rating.unreturned import unreturned
from eventlog.connection import Connection
from eventlog.position import Cut, cut_to_json
from eventlog.refusals import ClaimTaken, Contended
from eventlog.turns import Turns
from rules.receivables import receivables
from service.problems import Problem

MOST_CHECKS = 25
OF_DEALER = "select owner_group from group_member where dealer = $1"
MEMBERS = "select dealer from group_member where owner_group = $1 order by dealer"
CHECKS = "select max(number) from group_check where owner_group = $1"
RESERVED = """
select dealer, prepaid, sum(amount - coalesce(used, 0)) as amount from orders
where dealer = any($1) and state = 'released' group by dealer, prepaid
"""
Answer = TypeVar("Answer")
TURNS = Turns()


async def group_of(conn: Connection, dealer: UUID) -> str:
    """The owner group that a dealer's orders are checked with; empty: none."""
    return await conn.fetchval(OF_DEALER, dealer) or ""


async def members_of(conn: Connection, group: str) -> list[UUID]:
    """The dealers of a group, by id."""
    return [row["dealer"] for row in await conn.fetch(MEMBERS, group)]


async def group_standing_in(conn: Connection, dealer: UUID, group: str, as_of: date) -> GroupStanding:
    """The group beside one of its dealers, as one snapshot shows it. 503 while a stream of the group is parked."""
    await require_not_parked(conn, key(group))
    rest = [each for each in await members_of(conn, group) if each != dealer]
    limit = await conn.fetchrow(IN_FORCE, group, as_of)
    members = await standings_of(conn, rest, as_of) if limit else {}
    return GroupStanding(
        group=group,
        checks=await conn.fetchval(CHECKS, group) or 0,
        limit=limit and limit["limit"],
        others=others(members.values()).model_copy(update={"dealers": len(rest)}),
    )


async def standings_of(conn: Connection, dealers: Sequence[UUID], as_of: date) -> dict[UUID, Member]:
    """What each of these dealers owes, holds of ours, and has reserved by released orders, in one snapshot."""
    cut: Cut = await positions(conn)
    policy, reference = await in_force(conn, as_of)
    entries = await entries_of(conn, dealers, cut)
    consigned, due_back = await consigned_of(conn, dealers, as_of, cut), await unreturned(conn, entries)
    held = {(row["dealer"], row["prepaid"]): row["amount"] for row in await conn.fetch(RESERVED, dealers)}

    def standing(dealer: UUID) -> Standing:
        owed = receivables(known_at_once(entries.get(dealer, []), as_of), as_of)
        return standing_of(
            owed, rule=policy.check, grade=None, limit=None, suspended=False, cut=cut_to_json(cut), policy=reference,
            consigned_stock=consigned.get(dealer, NONE).value, unreturned=due_back.get(dealer, NOTHING),
        )  # fmt: skip

    def reserved(dealer: UUID) -> Reserved:
        return Reserved(on_credit=held.get((dealer, False), NOTHING), prepaid=held.get((dealer, True), NOTHING))

    return {dealer: Member(standing=standing(dealer), reserved=reserved(dealer)) for dealer in dealers}


@asynccontextmanager
async def in_turn(group: str) -> AsyncIterator[None]:
    """Those of one process do not make each other's checks of a group be made again; who waits too long is refused."""
    if not group:
        yield
        return
    async with TURNS.of(group):
        yield


async def checked_again(group: str, check: Callable[[], Awaitable[Answer]]) -> Answer:
    """Make a check, and again whenever another one of its group took its number; 503 after 25 times."""
    async with in_turn(group):
        for _ in range(MOST_CHECKS):
            try:
                return await check()
            except ClaimTaken as taken:
                if not taken.key.startswith(GROUP_CHECK):
                    raise
            except Contended:
                if not group:
                    raise
    raise Problem("temporarily-unavailable", "Other dealers of the group ordered at the same time: repeat in a moment.")
