"""credit-rating: reviews from proposal to approval, the watch, delegations, limit overrides (domain.md 2.5, 2.7)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from events.catalogue import Event, Part
from events.fields import Cut, Days, FreeJson, Grade, Id, Letter, Money, Ratio
from events.recorded import Code, Said, Text
from events.types.credit_rating import Basis, FiveCCap, Indicator, LimitDiligence
from events.types.shapes import PolicyRef

Step = Literal["audit", "approval"]


class IndicatorOverride(Part):
    """An indicator whose computed letter a person replaced, and why."""

    indicator: Code
    computed: Letter
    given: Letter
    reason: Said


class ProposedLimit(Part):
    """The limit that comes with a proposed grade, and its factors, as in `CreditLimitSet`."""

    limit: Money
    m3: Money | None
    m12: Money | None
    season: Ratio
    term_days: Days
    coefficient: Ratio
    basis: Basis
    diligence: LimitDiligence | None = None


class CreditGradeProposed(Event, owner="credit-rating", stream="credit", version=3):
    """The branch sales manager proposed a grade; what it rests on is frozen at `cut` (domain.md 2.5).

    The grade and limit that an approval assigns name `proposal` as their run.
    """

    proposal: Id
    as_of: date
    grade: Grade
    previous_grade: Grade | None
    rule: Said
    indicators: dict[Code, Indicator]
    overrides: Annotated[tuple[IndicatorOverride, ...], Field(max_length=9)] = ()
    survey: FreeJson | None = None
    limit: ProposedLimit
    policy: PolicyRef
    cut: Cut
    cap: FiveCCap | None = None
    opinion: Text = ""
    proposed_by: Code


class CreditGradeAudited(Event, owner="credit-rating", stream="credit"):
    """The branch general manager agreed with a proposal; `acting_for` is who delegated the step (domain.md 2.5)."""

    proposal: Id
    by: Code
    acting_for: Code | None = None
    opinion: Text = ""


class CreditGradeApproved(Event, owner="credit-rating", stream="credit"):
    """The regional marketing director approved a proposal: its grade and limit follow at once (domain.md 2.5)."""

    proposal: Id
    as_of: date
    policy: PolicyRef
    cut: Cut
    by: Code
    acting_for: Code | None = None
    opinion: Text = ""


class CreditGradeReturned(Event, owner="credit-rating", stream="credit"):
    """A proposal went back to be made anew, at a new cut."""

    proposal: Id
    step: Step
    by: Code
    acting_for: Code | None = None
    reason: Said


class CreditReviewRejected(Event, owner="credit-rating", stream="credit"):
    """A review ended without a grade: the old one stays in force."""

    proposal: Id
    step: Step
    by: Code
    acting_for: Code | None = None
    reason: Said


class CreditReviewEscalated(Event, owner="credit-rating", stream="credit"):
    """A review was not done 15 days after it was due, said once; the old grade stays in force (domain.md 2.5)."""

    review_due: date
    escalated_on: date


class FallenIndicator(Part):
    """A computed indicator that is worse than in the last grade."""

    indicator: Code
    graded: Letter
    now: Letter


class CreditWatchStarted(Event, owner="credit-rating", stream="credit"):
    """Computed indicators fell below those of the grade in force: the dealer is watched, never silently re-graded."""

    as_of: date
    fallen: Annotated[tuple[FallenIndicator, ...], Field(min_length=1, max_length=9)]
    policy: PolicyRef
    cut: Cut


class CreditWatchEnded(Event, owner="credit-rating", stream="credit"):
    """Every computed indicator is again at least what the grade in force rests on."""

    as_of: date
    policy: PolicyRef
    cut: Cut


class CreditLimitOverridden(Event, owner="credit-rating", stream="credit"):
    """Another limit than the computed one, from its first to its last day, both included (domain.md 2.7)."""

    override: Id
    limit: Money
    first_day: date
    last_day: date
    reason: Said
    by: Code


class CreditLimitOverrideEnded(Event, owner="credit-rating", stream="credit"):
    """An override was taken back: from this day on the computed limit counts again."""

    override: Id
    ended_on: date
    reason: Said
    by: Code


class ApprovalDelegated(Event, owner="credit-rating", stream="delegation"):
    """An absent approver lets somebody act in a role for some days, both included (domain.md 1.1, 2.5).

    `reach` and `code` are the approver's own scope: a branch or a region.
    """

    role: Code
    reach: Literal["branch", "region"]
    code: Code
    by: Code
    to: Code
    first_day: date
    last_day: date
    reason: Said


class DelegationRevoked(Event, owner="credit-rating", stream="delegation"):
    """A delegation ended before its last day."""

    by: Code
    reason: Said
