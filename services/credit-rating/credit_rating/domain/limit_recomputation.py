"""A limit computed anew between grades: on the 1st, when another policy takes effect, when the terms change (2.7).

Every cause is answered by an event, also where the limit comes out the same: it says on which facts the limit stands,
and whoever asks again, after a restore as well, finds it answered.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict

from events import CreditLimitRecomputed, CreditLimitSet, Event, PolicyRef
from events.types.credit_rating import LimitCause

from .facts import DealerFacts
from .indicators.declared import snapshot
from .limits import LimitGiven, limit_of
from .policy import CreditPolicy


class RecomputeLimit(BaseModel):
    """The limit that the grade of `run` comes to as of a day, known at `cut`, under `policy`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    as_of: date
    given: LimitGiven
    policy: PolicyRef
    cut: dict[str, dict[str, int]]


class Limited(msgspec.Struct, frozen=True):
    """What the last limit rests on."""

    as_of: date
    term_days: int
    policy: int


def limited(event: CreditLimitSet | CreditLimitRecomputed) -> Limited:
    """What a limit rests on."""
    return Limited(event.as_of, event.term_days, event.policy.version)


def causes(last: Limited, as_of: date, term_days: int, policy: int) -> list[LimitCause]:
    """Why the last limit counts no more as of a day: a new month, another policy, another term."""
    found: dict[LimitCause, bool] = {
        "month": last.as_of < as_of.replace(day=1),
        "policy": last.policy != policy,
        "terms": last.term_days != term_days,
    }
    return [cause for cause, given in found.items() if given]


def recompute(facts: DealerFacts, *, run: str, grade: int, as_of: date, policy: CreditPolicy, named: PolicyRef,
              cut: dict[str, dict[str, int]]) -> RecomputeLimit:  # fmt: skip
    """The limit of a dealer of this grade; `named` must name `policy`."""
    given = limit_of(snapshot(facts, as_of), grade, policy.limit)
    return RecomputeLimit(run=run, as_of=as_of, given=given, policy=named, cut=cut)


def decide(run: str | None, grade: int | None, last: Limited | None, asked: RecomputeLimit) -> list[Event]:
    """Nothing, where the grade has changed, a later limit is set, or no cause is left."""
    if last is None or grade is None or run != asked.run or asked.as_of < last.as_of:
        return []
    why = causes(last, asked.as_of, asked.given.term_days, asked.policy.version)
    said: dict[str, Any] = asked.model_dump(include={"run", "as_of", "policy", "cut"}) | asked.given._asdict()
    return [CreditLimitRecomputed(**said, causes=tuple(why), grade=grade)] if why else []
