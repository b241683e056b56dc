"""What a review's steps read elsewhere: the facts of a proposal, frozen at one cut, and whether somebody may act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from credit_rating.domain.indicators import Override
from credit_rating.domain.rating import NotRated, Occasion, Rated, rate
from credit_rating.domain.review import Actor
from credit_rating.evidence import facts_of
from credit_rating.published_policies import in_force
from credit_rating.snapshot import company_snapshot, parked_keys, positions
from eventlog.connection import Connection
from eventlog.position import cut_to_json
from events.decider import Refused
from service.caller import Caller
from service.problems import Problem
from service.runtime import Runtime

REASONS = {
    "survey-missing": "The dealer has no survey: answer one first (customer-registry).",
    "survey-out-of-date": "The dealer's survey is too old: answer it anew (customer-registry).",
}
DELEGATED = """
select d.by from delegation d join dealer_scope s on s.dealer = $1
where d."to" = $2 and d.role = $3 and d.code = case d.reach when 'branch' then s.branch else s.region end
    and $4 between d.first_day and d.last_day and not d.revoked
order by d.first_day desc, d.delegation limit 1
"""


async def rated_now(
    runtime: Runtime,
    dealer: UUID,
    *,
    proposal: str,
    today: date,
    by: str,
    previous_grade: int | None,
    previous_limit: Decimal,
    overrides: Sequence[Override] = (),
) -> Rated | NotRated:
    """What a dealer's facts give today, at the cut of the read model. 503 while a stream of it is parked."""
    async with company_snapshot(runtime.pool) as conn:
        if await parked_keys(conn, [str(dealer)]):
            raise Problem("stream-parked")
        cut, (policy, reference) = await positions(conn), await in_force(conn, today)
        facts = (await facts_of(conn, [dealer], cut)).get(dealer)
    if facts is None:
        raise Problem("not-found", "The dealer's onboarding is not known here yet.", retryable=True)
    occasion = Occasion(proposal, today, cut_to_json(cut), reference, by)
    return rate(
        facts, policy=policy, occasion=occasion, previous_grade=previous_grade, previous_limit=previous_limit,
        overrides=overrides,
    )  # fmt: skip


def require_rated(rated: Rated | NotRated) -> Rated:
    """Refuse what cannot be graded yet, with what to do."""
    if isinstance(rated, NotRated):
        raise Refused(rated.reason, REASONS[rated.reason], retryable=True)
    return rated


async def actor(conn: Connection, caller: Caller, dealer: UUID, role: str, today: date) -> Actor:
    """The caller as who may do the step of a role: in that role, or for somebody who delegated it. Else 403."""
    if caller.role == role:
        return Actor(login=caller.login)
    absent = await conn.fetchval(DELEGATED, dealer, caller.login, role, today)
    if absent is None:
        raise Problem("not-entitled", f"This step is the {role}'s, or whom they delegated it to for today.")
    return Actor(login=caller.login, acting_for=absent)
