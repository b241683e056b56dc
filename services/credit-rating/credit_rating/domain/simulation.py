"""What if: dealers graded by the policy in force and by a proposed one, from the same facts (domain.md 2.8).

Both sides are `judge`, so that only the policy differs; what was measured for the one is there for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec

from .facts import DealerFacts
from .indicators import Declared, otherwise, snapshot
from .limits import same_base
from .measures import Measures
from .money import NOTHING
from .policy import CreditPolicy
from .policy.thresholds import Letter
from .rating import Judged, Like, NotRated, judge

Grades = tuple[int | None, int | None]
"""Grade now and grade then; None: no grade can be given."""


class Capped(msgspec.Struct, frozen=True):
    """A 5C assessment of `total`, which is less than `below`: the grade is no better than it is, else `computed`."""

    total: Decimal
    below: Decimal
    computed: int


class Side(msgspec.Struct, frozen=True):
    """What one policy gives a dealer: grade, the table's row and column, what caps it, limit; or why there is none."""

    grade: int | None = None
    rule: str | None = None
    cap: Capped | None = None
    limit: Decimal | None = None
    left_out: str | None = None
    by_formula: Decimal | None = None
    """What the limit would be if due diligence did not hold it down."""


class IndicatorChange(msgspec.Struct, frozen=True):
    """An indicator that the two policies put into different classes; `value` is its figure now."""

    indicator: str
    now: Letter
    then: Letter
    value: str | None


class Move(msgspec.Struct, frozen=True):
    """A dealer whose grade or limit changes: both sides, and which indicators are the reason.

    Without any a 5C assessment caps one side and not the other, or the table itself or the limit's factors differ:
    `cap`, `rule` and `limit` of both sides say which; due diligence, where `by_formula` is more than the limit.
    """

    dealer: str
    now: Side
    then: Side
    indicators: list[IndicatorChange]


class Simulated(NamedTuple):
    """One dealer under both policies."""

    dealer: str
    now: Judged | NotRated
    then: Judged | NotRated

    @property
    def grades(self) -> Grades:
        """Grade now, grade then."""
        return _grade(self.now), _grade(self.then)

    @property
    def reason(self) -> str:
        """Why the policy in force gives no grade; empty if it does."""
        return self.now.reason if isinstance(self.now, NotRated) else ""

    @property
    def limits(self) -> tuple[Decimal, Decimal]:
        """Limit now, limit then; 0 without a grade."""
        return _limit(self.now), _limit(self.then)


class Policies(NamedTuple):
    """The policy in force and the proposed one; what they share is worked out once a dealer (`rating.Like`)."""

    now: CreditPolicy
    then: CreditPolicy
    otherwise: Sequence[Declared]
    same_base: bool

    @property
    def ask(self) -> bool:
        """Whether either asks for due diligence."""
        return self.now.due_diligence is not None or self.then.due_diligence is not None


def compared(now: CreditPolicy, then: CreditPolicy) -> Policies:
    """Two policies, to be held against each other dealer by dealer."""
    return Policies(now, then, otherwise(now.indicators, then.indicators), same_base(now.limit, then.limit))


def simulated(
    facts: DealerFacts, as_of: date, policies: Policies, ledger: Measures | None = None, before: Decimal = NOTHING
) -> Simulated:
    """One dealer at the end of `as_of` under both policies; `ledger`, unless the entries are to be measured by rule.

    `before` is what a raise of its limit is measured by.
    """
    dealer = snapshot(facts, as_of, ledger)
    now = judge(dealer, policies.now, before=before)
    like = Like(now, policies.otherwise, policies.same_base) if isinstance(now, Judged) else None
    return Simulated(facts.dealer, now, judge(dealer, policies.then, before=before, like=like))


def move_of(each: Simulated) -> Move:
    """What changes for a dealer, with the reason."""
    return Move(each.dealer, _side(each.now), _side(each.then), _changes(each.now, each.then))


class Changed(msgspec.Struct):
    """How many limits change in one direction, and by how much together."""

    dealers: int = 0
    amount: Decimal = NOTHING


class Tally(msgspec.Struct):
    """Sums over many dealers: they add up, however the dealers were shared out."""

    matrix: dict[Grades, int] = {}
    left_out: dict[str, int] = {}
    not_as_in_force: int = 0
    limit_now: Decimal = NOTHING
    limit_then: Decimal = NOTHING
    raised: Changed = msgspec.field(default_factory=Changed)
    lowered: Changed = msgspec.field(default_factory=Changed)

    def add(self, each: Simulated, in_force: int | None) -> None:
        """Count a dealer that has the grade `in_force`."""
        if isinstance(each.now, NotRated) and isinstance(each.then, NotRated):
            self.leave_out(each.now.reason)
            return
        grades = each.grades
        self.matrix[grades] = self.matrix.get(grades, 0) + 1
        self.not_as_in_force += in_force is not None and in_force != grades[0]
        now, then = each.limits
        self.limit_now += now
        self.limit_then += then
        if now != then:
            changed = self.raised if then > now else self.lowered
            changed.dealers += 1
            changed.amount += abs(then - now)

    def leave_out(self, reason: str) -> None:
        """Count a dealer that neither policy can grade."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def together(tallies: Iterable[Tally]) -> Tally:
    """The sums of several shares."""
    whole = Tally()
    for each in tallies:
        for grades, dealers in each.matrix.items():
            whole.matrix[grades] = whole.matrix.get(grades, 0) + dealers
        for reason, dealers in each.left_out.items():
            whole.left_out[reason] = whole.left_out.get(reason, 0) + dealers
        whole.not_as_in_force += each.not_as_in_force
        whole.limit_now += each.limit_now
        whole.limit_then += each.limit_then
        for ours, theirs in ((whole.raised, each.raised), (whole.lowered, each.lowered)):
            ours.dealers += theirs.dealers
            ours.amount += theirs.amount
    return whole


def _grade(side: Judged | NotRated) -> int | None:
    return side.given.grade if isinstance(side, Judged) else None


def _limit(side: Judged | NotRated) -> Decimal:
    return side.limit.limit if isinstance(side, Judged) else NOTHING


def _side(side: Judged | NotRated) -> Side:
    if isinstance(side, NotRated):
        return Side(left_out=side.reason)
    cap = None if side.cap is None else Capped(side.cap.total, side.cap.below, side.cap.computed)
    asked, limit = side.limit.diligence, side.limit.limit
    by_formula = asked.computed if asked and limit < asked.computed else None
    return Side(side.given.grade, side.given.rule, cap, limit, by_formula=by_formula)


def _changes(now: Judged | NotRated, then: Judged | NotRated) -> list[IndicatorChange]:
    if isinstance(now, NotRated) or isinstance(then, NotRated):
        return []
    after = then.assessment.indicators
    return [
        IndicatorChange(name, each.grade, after[name].grade, None if each.value is None else str(each.value))
        for name, each in now.assessment.indicators.items()
        if each.grade != after[name].grade
    ]
