"""Limits computed anew: on the 1st, when another policy takes effect, and when a dealer's terms change (domain.md 2.7).

A limit that is held down for want of due diligence also when one is approved (2.9).

Who is due is read from what the limits in force rest on, so nothing has to be remembered: a limit of an earlier month,
another policy than the one in force, or another term than the agreed one is computed anew, as of the day that asks
for it. An override replaces a limit by date and needs none of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from credit_rating.by_the_clock import issue
from credit_rating.domain.credit_file import CREDIT_FILE, CreditFile
from credit_rating.domain.facts import DealerFacts
from credit_rating.domain.limit_recomputation import (
    Limited,
    RecomputeLimit,
    causes,
    counting_diligence,
    recompute,
)
from credit_rating.evidence import facts_of
from credit_rating.projections.credit_limit import OF_GRADE
from credit_rating.projections.review_step import CURRENT
from credit_rating.published_policies import POLICIES, InForce, in_force
from credit_rating.slices import SLICE, Row, Walk, for_each
from credit_rating.snapshot import company_snapshot, parked_keys, positions
from eventlog.connection import Connection
from eventlog.log import Log
from eventlog.position import cut_to_json
from events import LimitDiligence
from events.types.shapes import PolicyRef

LIMITED = f"""
select c.dealer, c.run, l.limit_as_of, l.term_days, l.policy, l."limit", l.diligence
from credit_file c join {CURRENT} on r.run = c.run join grade g on g.dealer = c.dealer and g.run = c.run
cross join lateral {OF_GRADE}
where ($1::uuid is null or c.dealer > $1) order by c.dealer limit $3
"""
"""The limit that each dealer's last grade came to as of day $2."""
STAMP = """
select (select count(*) from term_change), (select count(*) from diligence_step where step = 'approved'),
    p.version, p.effective_from from policy p
where p.name = $1 and p.effective_from <= $2 order by p.effective_from desc, p.version desc limit 1
"""


class Due(NamedTuple):
    """A dealer whose limit is computed anew as of a day, and what that rests on."""

    run: str
    as_of: date
    facts: DealerFacts
    policy: InForce
    cut: dict[str, dict[str, int]]
    diligence: str | None = None
    """The due diligence that has it computed anew, if one does."""


async def stamp(to: Log, today: date) -> tuple[Any, ...]:
    """What makes limits due while none is graded: day, policy in force, changes of terms, approved diligences."""
    async with company_snapshot(to.pool) as conn:
        row = await conn.fetchrow(STAMP, POLICIES.name, today)
    return (today, *(row or ()))


async def recompute_all(to: Log, today: date) -> int:
    """Compute anew every limit that is due; answers how many.

    A dealer with a parked stream is passed over until that is mended.
    """

    async def rows(conn: Connection, last: Row | None) -> Sequence[Row]:
        return await conn.fetch(LIMITED, last and last["dealer"], today, SLICE)

    async def due(conn: Connection, these: Sequence[Row]) -> list[tuple[str, Due]]:
        return [(each.facts.dealer, each) for each in await _due(conn, these, today)]

    async def give(_: str, each: Due) -> bool:
        return await _recompute(to, each)

    return await for_each(to, Walk(name="limits", rows=rows, due=due, give=give))


async def _due(conn: Connection, rows: Sequence[Row], today: date) -> list[Due]:
    cut, policy = await positions(conn), await in_force(conn, today)
    dealers = [row["dealer"] for row in rows]
    parked, facts = await parked_keys(conn, [str(each) for each in dealers]), await facts_of(conn, dealers, cut)
    found = []
    for row in rows:
        dealer: UUID = row["dealer"]
        if str(dealer) in parked or dealer not in facts:
            continue
        last = _last(row)
        if (as_of := due_as_of(last, facts[dealer], policy, today)) is not None:
            counting = counting_diligence(facts[dealer], today, policy.policy)
            asks = counting if last.waits and counting != last.diligence else None
            found.append(Due(str(row["run"]), as_of, facts[dealer], policy, cut_to_json(cut), asks))
    return found


def _last(row: Row) -> Limited:
    """What the limit in force rests on, as far as its causes ask."""
    why = LimitDiligence.model_validate_json(row["diligence"]) if row["diligence"] else None
    return Limited(
        row["limit_as_of"],
        row["term_days"],
        PolicyRef.model_validate_json(row["policy"]).version,
        waits=why is not None and row["limit"] < why.computed,
        diligence=why.diligence if why else None,
    )


def due_as_of(last: Limited, facts: DealerFacts, policy: InForce, today: date) -> date | None:
    """The day as of which the limit after `last` is computed: the latest that asks for one; None: nothing does."""
    counting = counting_diligence(facts, today, policy.policy)
    why = causes(last, today, facts.term_days_at(today), policy.reference.version, counting)
    if not why:
        return None
    asking = {
        "month": today.replace(day=1),
        "policy": policy.policy.effective_from,
        "terms": max((terms.on for terms in facts.terms if terms.on <= today), default=last.as_of),
        "diligence": max((each.approved_on for each in facts.diligences if each.diligence == counting),
                         default=last.as_of),
    }  # fmt: skip
    return max(last.as_of, *(asking[each] for each in why))


async def _recompute(to: Log, due: Due) -> bool:
    """One dealer's command, decided on its own stream's state; whoever issues it, it counts once."""

    async def computed(file: CreditFile) -> RecomputeLimit:
        return recompute(
            due.facts, run=due.run, grade=file.grade or 5, as_of=due.as_of, policy=due.policy.policy,
            named=due.policy.reference, cut=due.cut, before=file.limit_before,
        )  # fmt: skip

    term, version = due.facts.term_days_at(due.as_of), due.policy.reference.version
    parts = ["recompute-limit", due.facts.dealer, due.run, due.as_of.isoformat(), str(version), str(term)]
    parts += [due.diligence] if due.diligence else []
    return await issue(to, CREDIT_FILE, due.facts.dealer, None, *parts, on=due.as_of, prepare=computed)
