"""A rating run: started at one cut, one grade a dealer, completed; resumed at the same cut after a crash.

Every command's id derives from the run (and the dealer), so a run may be carried on by anyone, any number of times.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from credit_rating.domain.credit_file import CREDIT_FILE, AssignGrade, CreditFile
from credit_rating.domain.facts import DealerFacts
from credit_rating.domain.policy import CreditPolicy
from credit_rating.domain.rating import NotRated, Occasion, Rated, rate
from credit_rating.domain.rating_run import RATING_RUN, CompleteRun, ranked_digest
from credit_rating.evidence import dealers_of, facts_of
from credit_rating.published_policies import named
from credit_rating.snapshot import SERVICE, company_snapshot, parked_keys
from eventlog.log import Log
from eventlog.meta import Meta
from eventlog.position import cut_from_json
from events import CreditGradeAssigned, CreditLimitSet, Excluded, RatingRunStarted
from events.decider import Refused
from events.ids import command_id, event_id, request_hash

DEALERS_AT_ONCE = 50
RATED_AT_ONCE = 8
MOST_EXCLUDED = 500
PARKED = "stream-parked"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A started run, as its event says it."""

    id: UUID
    region: str
    occasion: Occasion
    business_date: date

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Run:
        """From a row of the table `run`."""
        started = RatingRunStarted.model_validate(
            {
                "region": row["region"],
                "as_of": row["as_of"],
                "cut": json.loads(row["cut"]),
                "policy": json.loads(row["policy"]),
                "authorised_by": row["authorised_by"],
            }
        )
        by = started.authorised_by
        occasion = Occasion(str(row["run"]), started.as_of, started.cut, started.policy, by)
        return cls(id=row["run"], region=started.region, occasion=occasion, business_date=row["started_on"])

    def meta(self, *parts: str, events: int) -> Meta:
        """The meta of one of the run's commands; its ids derive from the run and `parts`."""
        return Meta(
            actor=self.occasion.approved_by,
            business_date=self.business_date,
            command_id=command_id(SERVICE, "rating-run", str(self.id), *parts),
            request_hash=request_hash({"run": str(self.id), "parts": list(parts)}),
            correlation=str(self.id),
            event_ids=tuple(event_id(str(self.id), *parts, n) for n in range(1, events + 1)),
        )


Outcome = tuple[str, int, Decimal] | Excluded
"""(dealer, grade, limit), or a dealer that is left out and why."""


async def carry_on(log: Log, run: Run) -> None:
    """Rate every dealer that the region had at the cut, then complete the run; what is done already stays as it is."""
    cut = cut_from_json(run.occasion.cut)
    async with company_snapshot(log.pool) as conn:
        dealers = await dealers_of(conn, run.region, cut)
        policy = (await named(conn, run.occasion.policy)).policy
    outcomes: list[Outcome] = []
    for first in range(0, len(dealers), DEALERS_AT_ONCE):
        outcomes += await _part(log, run, policy, dealers[first : first + DEALERS_AT_ONCE])
    await _complete(log, run, outcomes)


async def _part(log: Log, run: Run, policy: CreditPolicy, dealers: list[UUID]) -> list[Outcome]:
    async with company_snapshot(log.pool) as conn:
        facts = await facts_of(conn, dealers, cut_from_json(run.occasion.cut))
        parked = await parked_keys(conn, [str(dealer) for dealer in dealers])
    room = asyncio.Semaphore(RATED_AT_ONCE)

    async def one(dealer: UUID) -> Outcome:
        async with room:
            if str(dealer) in parked:
                return Excluded(dealer=str(dealer), reason=PARKED)
            return await _rate(log, run, policy, facts[dealer])

    return list(await asyncio.gather(*map(one, dealers)))


async def _rate(log: Log, run: Run, policy: CreditPolicy, facts: DealerFacts) -> Outcome:
    """One dealer's command: decided on its own stream's state, and repeated harmlessly."""

    async def assigned(file: CreditFile) -> AssignGrade:
        match rate(facts, policy=policy, occasion=run.occasion, previous_grade=file.grade):
            case NotRated(reason=reason):
                raise Refused(reason, "The dealer's survey does not allow a grade: renew it.")
            case Rated() as rated:
                return AssignGrade(graded=rated.grade, limited=rated.limit)

    meta = run.meta("dealer", facts.dealer, events=2)
    try:
        written = await log.handle(CREDIT_FILE, facts.dealer, None, meta, prepare=assigned)
    except Refused as refusal:
        return Excluded(dealer=facts.dealer, reason=refusal.code)
    graded, limited = written.events
    assert isinstance(graded, CreditGradeAssigned) and isinstance(limited, CreditLimitSet)
    return facts.dealer, graded.grade, limited.limit


async def _complete(log: Log, run: Run, outcomes: list[Outcome]) -> None:
    rated = [each for each in outcomes if not isinstance(each, Excluded)]
    excluded = [each for each in outcomes if isinstance(each, Excluded)]
    command = CompleteRun(rated=len(rated), excluded=_named(excluded), digest=ranked_digest(rated))
    await log.handle(RATING_RUN, f"run-{run.id}", command, run.meta("complete", events=1))


def _named(excluded: list[Excluded]) -> tuple[Excluded, ...]:
    """All of them by name; of more than an event may name the last says how many follow, in order of their ids."""
    if len(excluded) <= MOST_EXCLUDED:
        return tuple(excluded)
    *most, last = excluded[:MOST_EXCLUDED]
    more = len(excluded) - MOST_EXCLUDED
    return (
        *most,
        Excluded(dealer=last.dealer, reason=f"{last.reason}; {more} dealers with higher ids are left out too"),
    )
