"""Due diligence of one dealer (尽职调查): what must be known before credit is given or raised (domain.md 2.9).

drawn up → submitted → approved, with a way back (returned: what was answered stays) and a way out (rejected). Every
item of the checklist is answered and a feasibility opinion stated before it is submitted; whoever drew up any of it
decides none of it, in person or acting for somebody. The dealer's suspicious papers stand in the same stream.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from pydantic import BaseModel, ConfigDict

from events import (
    DueDiligenceAnswered,
    DueDiligenceApproved,
    DueDiligenceOpened,
    DueDiligenceRejected,
    DueDiligenceReturned,
    DueDiligenceSubmitted,
    Event,
    FeasibilityStated,
)
from events.decider import Decider, Refused
from events.types.diligence import DiligenceItem, Evidence, Feasibility, Finding
from rules.substance import written

from . import suspicion
from .review import Actor
from .suspicion import SUSPICION_COMMANDS, Suspicion, SuspicionCommand, none_is_open

ITEMS: tuple[DiligenceItem, ...] = get_args(DiligenceItem)
Stage: TypeAlias = Literal["drawn_up", "submitted"]
NEXT_STEP: dict[Stage, str] = {
    "drawn_up": "it is drawn up: answer what is missing and submit it",
    "submitted": "it waits for the branch general manager, who approves, returns or rejects it",
}


class Command(BaseModel):
    """What is asked of a dealer's due diligence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenDiligence(Command):
    """Look into a dealer that is to get credit, or more of it."""

    diligence: str
    purpose: str
    by: str
    today: date


class AnswerItem(Command):
    """What was found about an item; answered again it replaces what was said before."""

    item: DiligenceItem
    finding: Finding
    comment: str
    files: Evidence = ()
    by: str


class StateFeasibility(Command):
    """For or against a limit of so much in the installation's currency, and why."""

    opinion: Feasibility
    limit: Decimal
    conditions: str = ""
    reason: str
    by: str


class SubmitDiligence(Command):
    """All is answered: let it be approved."""

    by: str
    today: date


class ApproveDiligence(Command):
    """The branch general manager agrees: it covers the limit from today on."""

    by: Actor
    note: str = ""
    today: date


class ReturnDiligence(Command):
    """Complete it, with what has to change."""

    by: Actor
    reason: str


class RejectDiligence(Command):
    """End it: it covers nothing."""

    by: Actor
    reason: str


Decided: TypeAlias = ApproveDiligence | ReturnDiligence | RejectDiligence
DiligenceCommand: TypeAlias = (
    OpenDiligence | AnswerItem | StateFeasibility | SubmitDiligence | Decided | SuspicionCommand
)


class Opinion(msgspec.Struct, frozen=True):
    """The feasibility opinion as it was stated last."""

    opinion: Feasibility
    limit: Decimal
    conditions: str = ""


class Form(msgspec.Struct, frozen=True):
    """The form under way: what each item was found to be, the opinion, and everybody who drew it up."""

    id: str
    stage: Stage = "drawn_up"
    findings: dict[DiligenceItem, Finding] = {}
    opinion: Opinion | None = None
    people: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """What has to be answered before it is submitted."""
        unanswered: list[str] = [item for item in ITEMS if item not in self.findings]
        return unanswered if self.opinion else [*unanswered, "feasibility_opinion"]


class Diligence(msgspec.Struct, frozen=True):
    """The form under way, if any, the limit that the last approved one covers, and the papers that block approvals."""

    form: Form | None = None
    covers: Decimal | None = None
    suspicions: tuple[Suspicion, ...] = ()


def decide(known: Diligence, command: DiligenceCommand) -> list[Event]:
    """What happens on a command. Refused: diligence-open, no-diligence, stage-wrong, own-proposal and others below."""
    if isinstance(command, SUSPICION_COMMANDS):
        return suspicion.decide(known.suspicions, command)
    if isinstance(command, OpenDiligence):
        if known.form is not None:
            raise Refused("diligence-open", "A due diligence of this dealer is under way: go on with that.")
        written(purpose=command.purpose)
        said = command.model_dump(exclude={"today"})
        return [DueDiligenceOpened(**said, opened_on=command.today)]
    form = known.form
    if form is None:
        raise Refused("no-diligence", "No due diligence of this dealer is under way: open one first.")
    match command, form.stage:
        case AnswerItem(), "drawn_up":
            written(comment=command.comment)
            return [DueDiligenceAnswered(diligence=form.id, **command.model_dump())]
        case StateFeasibility(), "drawn_up":
            return [_stated(form, command)]
        case SubmitDiligence(), "drawn_up":
            return [_submitted(form, command)]
        case ApproveDiligence(), "submitted":
            none_is_open(known.suspicions)
            return [_approved(form, command)]
        case ReturnDiligence(), "submitted":
            return [DueDiligenceReturned(**_step(form, command.by), reason=command.reason)]
        case RejectDiligence(), "submitted":
            return [DueDiligenceRejected(**_step(form, command.by), reason=command.reason)]
        case _:
            raise Refused("stage-wrong", f"Not at this step: {NEXT_STEP[form.stage]}.", stage=form.stage)


def _stated(form: Form, asked: StateFeasibility) -> FeasibilityStated:
    written(reason=asked.reason)
    if (asked.opinion == "recommended_with_conditions") != bool(asked.conditions):
        raise Refused("conditions-missing", "An opinion with conditions says which; any other has none.")
    return FeasibilityStated(diligence=form.id, **asked.model_dump())


def _submitted(form: Form, asked: SubmitDiligence) -> DueDiligenceSubmitted:
    if form.opinion is None or form.missing:
        raise Refused(
            "diligence-incomplete", f"Answer these before you submit it: {', '.join(form.missing)}.",
            missing=form.missing,
        )  # fmt: skip
    bad = [item for item in ITEMS if form.findings[item] == "unsatisfactory"]
    if bad and form.opinion.opinion == "recommended":
        raise Refused(
            "opinion-contradicts", f"Unsatisfactory: {', '.join(bad)}. Recommend under conditions, or not.",
            items=bad,
        )  # fmt: skip
    return DueDiligenceSubmitted(
        diligence=form.id, submitted_on=asked.today, findings=form.findings, opinion=form.opinion.opinion,
        limit=form.opinion.limit, by=asked.by,
    )  # fmt: skip


def _approved(form: Form, asked: ApproveDiligence) -> DueDiligenceApproved:
    opinion = form.opinion
    assert opinion is not None, "it was submitted with one"
    if opinion.opinion == "against":
        raise Refused("opinion-against", "The opinion is against giving credit: reject the form, or return it.")
    return DueDiligenceApproved(
        **_step(form, asked.by), approved_on=asked.today, limit=opinion.limit, opinion=opinion.opinion,
        conditions=opinion.conditions, note=asked.note,
    )  # fmt: skip


def _step(form: Form, by: Actor) -> dict[str, Any]:
    """Which form, who, and for whom; refused to those who drew it up."""
    if again := sorted(by.people.intersection(form.people)):
        raise Refused("own-proposal", f"{again[0]} drew up this form: somebody else decides it.")
    return {"diligence": form.id, "by": by.login, "acting_for": by.acting_for}


def evolve(known: Diligence, event: Any) -> Diligence:
    """What is then so."""
    known = msgspec.structs.replace(known, suspicions=suspicion.evolve(known.suspicions, event))
    match event:
        case DueDiligenceOpened():
            return msgspec.structs.replace(known, form=Form(event.diligence, people=(event.by,)))
        case DueDiligenceApproved():
            return msgspec.structs.replace(known, form=None, covers=event.limit)
        case DueDiligenceRejected():
            return msgspec.structs.replace(known, form=None)
        case _:
            form = known.form
            return known if form is None else msgspec.structs.replace(known, form=_form(form, event))


def _form(form: Form, event: Any) -> Form:
    change = msgspec.structs.replace
    match event:
        case DueDiligenceAnswered():
            findings = form.findings | {event.item: event.finding}
            return change(form, findings=findings, people=_with(form, event.by))
        case FeasibilityStated():
            opinion = Opinion(event.opinion, event.limit, event.conditions)
            return change(form, opinion=opinion, people=_with(form, event.by))
        case DueDiligenceSubmitted():
            return change(form, stage="submitted", people=_with(form, event.by))
        case DueDiligenceReturned():
            return change(form, stage="drawn_up")
        case _:
            return form


def _with(form: Form, person: str) -> tuple[str, ...]:
    return form.people if person in form.people else (*form.people, person)


DILIGENCE = Decider(owner="credit-rating", category="diligence", state=Diligence, decide=decide, evolve=evolve)
