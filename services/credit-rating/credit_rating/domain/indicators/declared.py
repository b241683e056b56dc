"""What an indicator is, what it is computed from, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate, Literal, NamedTuple, ParamSpec, TypeVar

from ..facts import DealerFacts, Survey
from ..measures import ByRule, Measures
from ..policy.thresholds import IndicatorRules, Letter

Group = Literal["key", "other"]

NO_HISTORY = "no_history"
NOTHING_NOW = "sold_before_but_nothing_now"
RETURNS_ABOVE_SALES = "returns_above_sales"
NOTHING_TO_JUDGE = "nothing_to_judge"


P = ParamSpec("P")
R = TypeVar("R")


class Snapshot(NamedTuple):
    """The facts of one dealer as of one day, worked out once for all indicators, the limit, and several policies."""

    facts: DealerFacts
    as_of: date
    ledger: Measures
    measured: dict[Any, Any]
    """What was measured so far; see `once`."""


def snapshot(facts: DealerFacts, as_of: date, ledger: Measures | None = None) -> Snapshot:
    """The facts of a dealer at the end of `as_of`; `ledger`, unless its entries are to be measured by the rule."""
    return Snapshot(facts, as_of, ledger or ByRule(facts.entries, as_of), {})


def once(measure: Callable[Concatenate[Snapshot, P], R]) -> Callable[Concatenate[Snapshot, P], R]:
    """Measure a dealer once for each set of arguments: policies that differ in their thresholds share the figure."""

    @wraps(measure)
    def measured(dealer: Snapshot, /, *arguments: P.args, **named: P.kwargs) -> R:
        key = (measure, arguments)
        known: R | None = dealer.measured.get(key)
        if known is not None:
            return known
        found = dealer.measured[key] = measure(dealer, *arguments, **named)
        return found

    return measured


class Shown(NamedTuple):
    """An indicator's figure or word, and what it was computed from, as a decision records them."""

    value: Decimal | str | None
    inputs: dict[str, Any]


class Graded:
    """An indicator's letter and a note such as `no_history`; figure and inputs are made up when they are asked for.

    Of most dealers of a simulation, only letters are compared.
    """

    __slots__ = ("_show", "grade", "note")

    def __init__(self, grade: Letter, show: Callable[[], Shown], note: str | None = None) -> None:
        self.grade, self.note, self._show = grade, note, show

    @property
    def shown(self) -> Shown:
        """Figure and inputs."""
        return self._show()

    @property
    def value(self) -> Decimal | str | None:
        """The figure or word."""
        return self.shown.value

    @property
    def inputs(self) -> dict[str, Any]:
        """What it was computed from."""
        return self.shown.inputs


class FromFacts(NamedTuple):
    """An indicator that facts alone give."""

    name: str
    group: Group
    grade: Callable[[Snapshot, IndicatorRules], Graded]


class FromSurvey(NamedTuple):
    """An indicator that needs an answer of the survey; without one nothing is submitted."""

    name: str
    group: Group
    grade: Callable[[Snapshot, Survey, IndicatorRules], Graded]


def no_history(rules: IndicatorRules, **inputs: Any) -> Graded:
    """Nothing has happened yet that could be graded: the policy's letter, marked."""
    return Graded(rules.no_history, lambda: Shown(None, inputs), NO_HISTORY)
