"""Visits due (通路精耕): which visits a dealer's class asks for, which of them were made, and which comes next.

Source: domain.md 3.6. The class in force when a period begins says whether it is planned: a dealer onboarded or
re-tiered within a period (its first day included) has the new standard from the next one; a plan made under the old
class stays due to the end of its period. A visit fulfils the oldest undone plan whose period it lies in; extras count
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Literal, Protocol, TypeAlias

import msgspec

from rules.periods import Cadence, Period, period_after, periods

AbcClass: TypeAlias = Literal["A", "B", "C"]


class VisitStandard(Protocol):
    """`visits` in every period of that cadence."""

    @property
    def every(self) -> Cadence: ...
    @property
    def visits(self) -> int: ...


class ServiceStandard(Protocol):
    """What a class gets, as far as visits go."""

    @property
    def visits(self) -> VisitStandard: ...


Standards = Mapping[AbcClass, ServiceStandard]
UNCLASSIFIED: AbcClass = "C"
COUNTED_METHODS = frozenset({"visit", "meeting"})
"""Contacts face to face; a call or a message is a contact and no visit (domain.md 1.5)."""


class ClassGiven(msgspec.Struct, frozen=True):
    """The service class (A, B or C) that a dealer has from the day `on` on."""

    on: date
    abc: AbcClass


class Plan(msgspec.Struct, frozen=True):
    """One visit due within a period, and the day on which it was made."""

    period: Period
    abc: AbcClass
    made_on: date | None = None


class Compliance(msgspec.Struct, frozen=True):
    """Plans of periods that are over, and how many of them were fulfilled."""

    planned: int
    fulfilled: int

    @property
    def share(self) -> Fraction | None:
        """Fulfilled ÷ planned; None where nothing was planned."""
        return Fraction(self.fulfilled, self.planned) if self.planned else None


def plans(
    *, onboarded_on: date, classes: Iterable[ClassGiven], visits: Iterable[date], as_of: date, standards: Standards
) -> list[Plan]:
    """Every visit planned in a period that began on or before `as_of`, oldest first, with what was made until then.

    `classes` are the changes of class since onboarding, those of one day as they were recorded; a dealer without one is
    served as a C.
    """
    planned = sorted(_planned(onboarded_on, classes, as_of, standards), key=_age)
    for day in sorted(day for day in visits if day <= as_of):
        undone = (at for at, plan in enumerate(planned) if plan.made_on is None and _within(day, plan.period))
        if (oldest := next(undone, None)) is not None:
            planned[oldest] = msgspec.structs.replace(planned[oldest], made_on=day)
    return planned


def next_due(
    *, onboarded_on: date, classes: Iterable[ClassGiven], visits: Iterable[date], as_of: date, standards: Standards
) -> Plan:
    """The visit to make next, as known at the end of `as_of`; it is due by the last day of its period.

    The undone plan that ends first among the periods still running, else the first one of the period that comes next.
    """
    classes = list(classes)
    known = plans(onboarded_on=onboarded_on, classes=classes, visits=visits, as_of=as_of, standards=standards)
    running = [plan for plan in known if plan.made_on is None and plan.period.last >= as_of]
    if running:
        return min(running, key=lambda plan: (plan.period.last, plan.period.first))
    abc = class_on(classes, as_of)
    return Plan(period_after(standards[abc].visits.every, max(as_of, onboarded_on)), abc)


def compliance(planned: Iterable[Plan], *, first: date, last: date) -> Compliance:
    """How the plans were kept whose period ended within [first, last]; a period still running is not judged."""
    over = [plan for plan in planned if first <= plan.period.last <= last]
    return Compliance(len(over), sum(plan.made_on is not None for plan in over))


def class_on(classes: Iterable[ClassGiven], day: date) -> AbcClass:
    """The service class in force at the end of a day; C until one is given."""
    given = sorted((each for each in classes if each.on <= day), key=lambda each: each.on)
    return given[-1].abc if given else UNCLASSIFIED


def _planned(onboarded_on: date, classes: Iterable[ClassGiven], as_of: date, standards: Standards) -> Iterable[Plan]:
    for given, until in _spans(onboarded_on, classes, as_of):
        standard = standards[given.abc].visits
        for period in periods(standard.every, after=given.on, until=until):
            yield from (Plan(period, given.abc) for _ in range(standard.visits))


def _spans(onboarded_on: date, classes: Iterable[ClassGiven], as_of: date) -> Iterable[tuple[ClassGiven, date]]:
    """Each class with the last day on which a period planned by it may begin: the day on which another is given."""
    changes = [ClassGiven(onboarded_on, UNCLASSIFIED)]
    for given in sorted(classes, key=lambda each: each.on):
        if given.on <= onboarded_on:
            changes = [ClassGiven(onboarded_on, given.abc)]
        elif given.abc != changes[-1].abc:
            changes.append(given)
    after_all = ClassGiven(as_of + timedelta(days=1), UNCLASSIFIED)
    for given, following in pairwise([*changes, after_all]):
        if given.on <= as_of:
            yield given, min(following.on, as_of)


def _within(day: date, period: Period) -> bool:
    return period.first <= day <= period.last


def _age(plan: Plan) -> tuple[date, date]:
    return plan.period.first, plan.period.last
