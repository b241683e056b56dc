"""A limit computed anew between grades: on the 1st, when another policy takes effect, when the terms change (2.7).

A limit that waits for due diligence is computed anew when one is approved, too (2.9).

Every cause is answered by an event, also where the limit comes out the same: it says on which facts the limit stands,
and whoever asks again, after a restore as well, finds it answered.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict

from events import CreditLimitRecomputed, CreditLimitSet, Event, PolicyRef
from events.types.credit_rating import LimitCause

from .diligence_cap import valid_at
from .facts import DealerFacts
from .indicators.declared import snapshot
from .limits import LimitGiven, limit_under
from .money import NOTHING
from .policy import CreditPolicy


class RecomputeLimit(BaseModel):
    """The limit that the grade of `run` comes to as of a day, known at `cut`, under `policy`.

    `diligence` is the approved due diligence that counts on that day, where the policy asks for any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    as_of: date
    given: LimitGiven
    diligence: str | None = None
    policy: PolicyRef
    cut: dict[str, dict[str, int]]


class Limited(msgspec.Struct, frozen=True):
    """What the last limit rests on.

    `before` is what a raise is measured by: the limit that the last grade came to, or, between grades, the last one
    that a due diligence raised. `waits`: the limit is held down for want of a diligence, or by what `diligence` covers.
    """

    as_of: date
    term_days: int
    policy: int
    before: Decimal = NOTHING
    waits: bool = False
    diligence: str | None = None


def limited(event: CreditLimitSet | CreditLimitRecomputed, last: Limited | None = None) -> Limited:
    """What a limit rests on; `last` is what the one before rested on."""
    why = event.diligence
    counts = last is None or isinstance(event, CreditLimitSet) or (why is not None and event.limit > why.free)
    return Limited(
        event.as_of,
        event.term_days,
        event.policy.version,
        event.limit if counts or last is None else last.before,
        waits=why is not None and event.limit < why.computed,
        diligence=why.diligence if why else None,
    )


def causes(last: Limited, as_of: date, term_days: int, policy: int, diligence: str | None = None) -> list[LimitCause]:
    """Why the last limit counts no more as of a day: a new month, another policy, another term, a due diligence."""
    found: dict[LimitCause, bool] = {
        "month": last.as_of < as_of.replace(day=1),
        "policy": last.policy != policy,
        "terms": last.term_days != term_days,
        "diligence": last.waits and diligence not in (None, last.diligence),
    }
    return [cause for cause, given in found.items() if given]


def recompute(facts: DealerFacts, *, run: str, grade: int, as_of: date, policy: CreditPolicy, named: PolicyRef,
              cut: dict[str, dict[str, int]], before: Decimal = NOTHING) -> RecomputeLimit:  # fmt: skip
    """The limit of a dealer of this grade; `named` must name `policy`; `before` is what a raise is measured by."""
    given = limit_under(snapshot(facts, as_of), grade, policy, before).given()
    counting = counting_diligence(facts, as_of, policy)
    return RecomputeLimit(run=run, as_of=as_of, given=given, diligence=counting, policy=named, cut=cut)


def counting_diligence(facts: DealerFacts, as_of: date, policy: CreditPolicy) -> str | None:
    """The approved due diligence that counts on a day; None without any, or where the policy asks for none."""
    if policy.due_diligence is None:
        return None
    found = valid_at(facts.diligences, as_of, policy.due_diligence)
    return found.diligence if found else None


def decide(run: str | None, grade: int | None, last: Limited | None, asked: RecomputeLimit) -> list[Event]:
    """Nothing, where the grade has changed, a later limit is set, or no cause is left."""
    if last is None or grade is None or run != asked.run or asked.as_of < last.as_of:
        return []
    why = causes(last, asked.as_of, asked.given.term_days, asked.policy.version, asked.diligence)
    said: dict[str, Any] = asked.model_dump(include={"run", "as_of", "policy", "cut"}) | asked.given._asdict()
    return [CreditLimitRecomputed(**said, causes=tuple(why), grade=grade)] if why else []
