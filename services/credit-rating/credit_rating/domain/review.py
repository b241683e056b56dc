"""A review of one dealer's credit: proposed, audited and approved by three different people (domain.md 2.5).

open → proposed → audited → approved, with a way back (returned: proposed anew, at a new cut) and a way out (rejected:
the old grade stays) at both steps. Whoever stands in for an absent approver says for whom; neither of the two may act
at another step.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict

from events import (
    CreditGradeApproved,
    CreditGradeAssigned,
    CreditGradeAudited,
    CreditGradeProposed,
    CreditGradeReturned,
    CreditLimitSet,
    CreditReviewRejected,
    Event,
    ProposedLimit,
)
from events.decider import Refused

from .indicators import overrides_of
from .rating import Rated
from .suspicion import Suspicion, none_is_open

Stage: TypeAlias = Literal["open", "proposed", "audited"]
STEPS: dict[Stage, Literal["audit", "approval"]] = {"proposed": "audit", "audited": "approval"}
NEXT_STEP: dict[Stage, str] = {
    "open": "it waits for a proposal of the branch sales manager",
    "proposed": "it waits for the branch general manager, who audits, returns or rejects it",
    "audited": "it waits for the regional marketing director, who approves, returns or rejects it",
}


class Command(BaseModel):
    """What is asked of a review."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Actor(Command):
    """Who acts, and for whom if that step was delegated."""

    login: str
    acting_for: str | None = None

    @property
    def people(self) -> set[str]:
        """Everybody whose step this is."""
        return {self.login, *([self.acting_for] if self.acting_for else [])}


class ProposeGrade(Command):
    """The branch sales manager proposes what the facts give, overrides included: `proposal_of`."""

    proposed: CreditGradeProposed


class _Step(Command):
    by: Actor


class AuditGrade(_Step):
    """The branch general manager agrees."""

    opinion: str = ""


class ApproveGrade(_Step):
    """The regional marketing director approves: grade and limit are assigned.

    `suspicions` are the dealer's papers that block it (domain.md 2.9), as the log holds them now.
    """

    opinion: str = ""
    suspicions: tuple[Suspicion, ...] = ()


class ReturnGrade(_Step):
    """Make it anew, with what has to change."""

    reason: str


class RejectReview(_Step):
    """End the review; the old grade stays."""

    reason: str


ReviewCommand: TypeAlias = ProposeGrade | AuditGrade | ApproveGrade | ReturnGrade | RejectReview


class Review(msgspec.Struct, frozen=True):
    """The review under way: its stage, the proposal as its event said it, and everybody who acted on that."""

    due: date
    stage: Stage = "open"
    proposal: dict[str, Any] = {}
    people: tuple[str, ...] = ()


def decide(review: Review, command: ReviewCommand) -> list[Event]:
    """What happens on a command. Refused: stage-wrong, same-person, papers-suspicious."""
    match command, review.stage:
        case ProposeGrade(proposed=proposed), "open":
            return [proposed]
        case AuditGrade(by=by), "proposed":
            return [CreditGradeAudited(**_step(review, by), opinion=command.opinion)]
        case ApproveGrade(by=by), "audited":
            none_is_open(command.suspicions)
            return _approved(review, by, command.opinion)
        case ReturnGrade(by=by), "proposed" | "audited":
            return [CreditGradeReturned(**_step(review, by), step=STEPS[review.stage], reason=command.reason)]
        case RejectReview(by=by), "proposed" | "audited":
            return [CreditReviewRejected(**_step(review, by), step=STEPS[review.stage], reason=command.reason)]
        case _:
            raise Refused("stage-wrong", f"The review is {review.stage}: {NEXT_STEP[review.stage]}.",
                          stage=review.stage)  # fmt: skip


def evolve(review: Review, event: Any) -> Review | None:
    """What is then so; None: the review is over."""
    match event:
        case CreditGradeProposed():
            people: tuple[str, ...] = (event.proposed_by,)
            return Review(review.due, "proposed", event.model_dump(mode="json"), people)
        case CreditGradeAudited():
            people = (*review.people, event.by, *([event.acting_for] if event.acting_for else []))
            return msgspec.structs.replace(review, stage="audited", people=people)
        case CreditGradeReturned():
            return Review(review.due)
        case CreditReviewRejected() | CreditGradeAssigned():
            return None
        case _:
            return review


def proposal_of(rated: Rated, *, by: str, opinion: str = "") -> CreditGradeProposed:
    """What a rating gives, as a proposal: its run is the proposal's id."""
    grade = rated.grade.model_dump(exclude={"run", "approved_by"})
    limit = ProposedLimit.model_validate(rated.limit.model_dump())
    overrides = overrides_of(rated.grade.indicators)
    return CreditGradeProposed(
        **grade, proposal=rated.grade.run, overrides=overrides, limit=limit, opinion=opinion, proposed_by=by
    )


def assigned(proposed: CreditGradeProposed, approved_by: str) -> list[Event]:
    """The grade and limit that an approval assigns: exactly as proposed."""
    grade = proposed.model_dump(exclude={"proposal", "overrides", "limit", "opinion", "proposed_by"})
    limit = proposed.limit.model_dump() | {name: grade[name] for name in ("as_of", "policy", "cut")}
    return [
        CreditGradeAssigned.model_validate(grade | {"run": proposed.proposal, "approved_by": approved_by}),
        CreditLimitSet.model_validate(limit | {"run": proposed.proposal}),
    ]


def _approved(review: Review, by: Actor, opinion: str) -> list[Event]:
    proposed = CreditGradeProposed.model_validate(review.proposal)
    common = {"as_of": proposed.as_of, "policy": proposed.policy, "cut": proposed.cut}
    return [CreditGradeApproved(**common, **_step(review, by), opinion=opinion), *assigned(proposed, by.login)]


def _step(review: Review, by: Actor) -> dict[str, Any]:
    """Which proposal, who, and for whom; refused to those who have acted on it."""
    if again := sorted(by.people.intersection(review.people)):
        raise Refused("same-person", f"{again[0]} has acted on this review: its three steps take three people.")
    return {"proposal": review.proposal["proposal"], "by": by.login, "acting_for": by.acting_for}
