"""Collection by policy: the stages of reminding, and when a promise is decided (domain.md 2.7 leaves the figures here).

A policy without this section means these defaults: day 1 a friendly reminder, day 8 a dunning letter, day 31 a visit by
the branch sales manager, day 61 legal.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from events.types.collection import Action, Channel, StageNumber

from .thresholds import DayCount, Number, Rule


class CollectionStage(Rule):
    """Reached when an open invoice is `from_days` or more past due.

    `dunning`: a reminder at this stage demands payment and restarts the limitation. `by_clock`: the clock issues it
    when the stage is reached; else somebody does, for a reminder that nobody sent must not be recorded.
    """

    from_days: Annotated[int, Field(ge=1, le=3650)]
    action: Action
    channel: Channel
    dunning: bool
    by_clock: bool = False


STAGES = (
    CollectionStage(from_days=1, action="reminder", channel="message", dunning=False),
    CollectionStage(from_days=8, action="dunning_letter", channel="letter", dunning=True),
    CollectionStage(from_days=31, action="manager_visit", channel="visit", dunning=True),
    CollectionStage(from_days=61, action="legal", channel="letter", dunning=True),
)


class CollectionRule(Rule):
    """The stages in order; less than `minimum` overdue is not chased; a promise is decided so many days after it."""

    stages: Annotated[tuple[CollectionStage, ...], Field(min_length=1, max_length=9)] = STAGES
    minimum: Number = Decimal(100)
    promise_decided_after_days: Annotated[DayCount, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _ascends(self) -> CollectionRule:
        days = [stage.from_days for stage in self.stages]
        if days != sorted(set(days)):
            raise ValueError("from_days must ascend from stage to stage")
        return self

    def number_at(self, days: int) -> StageNumber | None:
        """The number, from 1, of the stage that an invoice so many days past due has reached; None before the first."""
        return sum(stage.from_days <= days for stage in self.stages) or None

    @property
    def limits(self) -> list[int]:
        """Upper limits of ageing columns by stage: not due, overdue but in no stage yet (if it may be), each stage."""
        ends = [stage.from_days - 1 for stage in self.stages]
        return ends if ends[0] == 0 else [0, *ends]
