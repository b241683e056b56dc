"""A rating run: started at one cut, one decision a dealer, completed; resumed at the same cut after a crash.

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

from credit_rating.domain.credit_file import CREDIT_FILE, AssignGrade, CreditFile, WithholdGrade
from credit_rating.domain.facts import DealerFacts
from credit_rating.domain.policy import CreditPolicy
from credit_rating.domain.rating import NotRated, Occasion, Rated, rate
from credit_rating.domain.rating_run import RATING_RUN, CompleteRun, ranked_digest
from credit_rating.evidence import dealers_of, facts_of
from credit_rating.published_policies import named
from credit_rating.snapshot import SERVICE, company_snapshot, parked_keys
from eventlog.log import Log
from eventlog.meta import Meta, Written
from eventlog.position import cut_from_json
from events import CreditGradeAssigned, CreditLimitSet, GradeWithheld, RatingRunStarted
from events.decider import Refused
from events.ids import command_id, event_id, request_hash

DEALERS_AT_ONCE = 50
RATED_AT_ONCE = 8
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


Outcome = tuple[str, int, Decimal] | None
"""(dealer, grade, limit); None: the dealer is left out, its own stream says why."""


async def carry_on(log: Log, run: Run) -> None:
    """Decide about every dealer that the region had at the cut, then complete the run; what is done stays as it is."""
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
                return await _withhold(log, run, str(dealer), PARKED)
            return await _rate(log, run, policy, facts[dealer])

    return list(await asyncio.gather(*map(one, dealers)))


async def _rate(log: Log, run: Run, policy: CreditPolicy, facts: DealerFacts) -> Outcome:
    """One dealer's command: decided on its own stream's state, and repeated harmlessly."""

    async def assigned(file: CreditFile) -> AssignGrade:
        match rate(facts, policy=policy, occasion=run.occasion, previous_grade=file.grade,
                   previous_limit=file.limit_before):  # fmt: skip
            case NotRated(reason=reason):
                raise Refused(reason, "The dealer's survey does not allow a grade: renew it.")
            case Rated() as rated:
                return AssignGrade(graded=rated.grade, limited=rated.limit)

    meta = run.meta("dealer", facts.dealer, events=2)
    try:
        return _outcome(facts.dealer, await log.handle(CREDIT_FILE, facts.dealer, None, meta, prepare=assigned))
    except Refused as refusal:
        return await _withhold(log, run, facts.dealer, refusal.code)


async def _withhold(log: Log, run: Run, dealer: str, reason: str) -> Outcome:
    """Leave a dealer out: the same command as its grade, so that a run that is carried on decides once."""
    said = run.occasion
    withheld = GradeWithheld(
        run=said.run, as_of=said.as_of, reason=reason, policy=said.policy, cut=said.cut, approved_by=said.approved_by
    )
    meta = run.meta("dealer", dealer, events=1)
    return _outcome(dealer, await log.handle(CREDIT_FILE, dealer, WithholdGrade(withheld=withheld), meta))


def _outcome(dealer: str, written: Written) -> Outcome:
    match written.events:
        case [CreditGradeAssigned(grade=grade), CreditLimitSet(limit=limit)]:
            return dealer, grade, limit
        case [GradeWithheld()]:
            return None
        case other:
            raise ValueError(f"dealer {dealer}: a run's command wrote {[type(each).__name__ for each in other]}")


async def _complete(log: Log, run: Run, outcomes: list[Outcome]) -> None:
    rated = [each for each in outcomes if each is not None]
    command = CompleteRun(rated=len(rated), left_out=len(outcomes) - len(rated), digest=ranked_digest(rated))
    await log.handle(RATING_RUN, f"run-{run.id}", command, run.meta("complete", events=1))
