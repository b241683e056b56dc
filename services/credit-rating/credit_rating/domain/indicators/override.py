"""An indicator that a person graded otherwise than the facts: only with a reason, and never hidden (domain.md 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from events import Indicator, IndicatorOverride
from events.decider import Refused

from ..policy.thresholds import Letter
from .declared import Graded, Shown
from .table import Assessment

OVERRIDDEN = "overridden"


class Override(NamedTuple):
    """The letter that a person gives to an indicator, and why."""

    indicator: str
    given: Letter
    reason: str


def overridden(assessment: Assessment, overrides: Iterable[Override]) -> Assessment:
    """The assessment with these letters instead. Refused: unknown-indicator, override-without-effect."""
    indicators = dict(assessment.indicators)
    for name, given, reason in sorted(overrides):
        computed = assessment.indicators.get(name)
        if computed is None:
            raise Refused("unknown-indicator", f"There is no indicator {name}: {', '.join(indicators)}.")
        if computed.grade == given or indicators[name].note == OVERRIDDEN:
            raise Refused("override-without-effect", f"{name} is {indicators[name].grade} already: leave it out.")
        told = {"computed": computed.grade, "computed_note": computed.note, "reason": reason}
        shown = Shown(computed.value, computed.inputs | told)
        indicators[name] = Graded(given, partial(_same, shown), OVERRIDDEN)
    return assessment._replace(indicators=indicators)


def _same(shown: Shown) -> Shown:
    return shown


def overrides_of(indicators: Mapping[str, Indicator]) -> tuple[IndicatorOverride, ...]:
    """What was overridden, as the indicators of a grade say it."""
    return tuple(
        IndicatorOverride(
            indicator=name, computed=said.inputs["computed"], given=said.grade, reason=said.inputs["reason"]
        )
        for name, said in sorted(indicators.items())
        if said.note == OVERRIDDEN
    )
