"""A dealer's file: proposed, reviewed and approved by three different people, then kept up to date.

submitted → reviewed → onboarded, with a way back (returned, then submitted again) and a way out (rejected) at each
step; an onboarded dealer may be suspended and reinstated. Source: domain.md 1.1 and 1.2.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec
from pydantic import Field

from events.catalogue import Event
from events.decider import Claims, Decider, Refused
from events.fields import Code, Id, Said, Text
from events.types.customer_registry import (
    BasicCardRevised,
    DealerJoinedGroup,
    DealerLeftGroup,
    DealerOnboarded,
    DealerReinstated,
    DealerRejected,
    DealerReturned,
    DealerReviewed,
    DealerSubmitted,
    DealerSuspended,
    DealerTermsChanged,
    Terms,
)

from .basic_card import Card, ReviseBasicCard, card_after, revised_card
from .command import Command, Today, not_in_future
from .dealer_code import mint
from .owner_group import JoinGroup, LeaveGroup, moved
from .submission import Agreed, Proposal, SubmitDealer, proposal, submitted


class ReviewDealer(Command):
    """The branch general manager agrees with the submission."""

    by: Code
    comment: Text = ""


class ApproveDealer(Command):
    """The head of marketing approves; `attempt` counts codes that turned out to be another dealer's."""

    dealer: Id
    by: Code
    onboarded_on: date
    attempt: Annotated[int, Field(ge=0, le=100)] = 0
    today: Today


class _Reasoned(Command):
    by: Code
    reason: Said


class ReturnDealer(_Reasoned):
    """Send the submission back to its author with what has to change."""


class RejectDealer(_Reasoned):
    """Refuse the submission for good."""


class _Dated(_Reasoned):
    on: date
    today: Today


class SuspendDealer(_Dated):
    """Block the dealer's orders from a day on."""


class ReinstateDealer(_Dated):
    """Let the dealer order again from a day on."""


class ChangeTerms(_Dated):
    """Other terms of payment are agreed, from a day on."""

    terms: Terms


DealerCommand: TypeAlias = (
    SubmitDealer
    | ReviewDealer
    | ApproveDealer
    | ReturnDealer
    | RejectDealer
    | SuspendDealer
    | ReinstateDealer
    | ReviseBasicCard
    | ChangeTerms
    | JoinGroup
    | LeaveGroup
)
Stage: TypeAlias = Literal["new", "submitted", "reviewed", "returned", "rejected", "active", "suspended"]


class Dealer(msgspec.Struct, frozen=True):
    """How far a file is, what was proposed and by whom reviewed, since when, the basic card, the owner group."""

    stage: Stage = "new"
    proposal: Proposal | None = None
    reviewed_by: str = ""
    code: str = ""
    since: date | None = None
    card: Card = {}
    group: str = ""
    terms_since: date | None = None


def decide(dealer: Dealer, command: DealerCommand) -> list[Event]:
    """What happens on a command.

    Refused: stage-wrong, same-person, before-last-change, and what the parts refuse.
    """
    match command, dealer.stage, dealer.proposal:
        case SubmitDealer(), "new" | "returned", _:
            return [submitted(command)]
        case ReviewDealer(), "submitted", Proposal() as proposed:
            _another_person(command.by, proposed.submitted_by)
            return [DealerReviewed(by=command.by, comment=command.comment)]
        case ApproveDealer(), "reviewed", Proposal() as proposed:
            _another_person(command.by, proposed.submitted_by, dealer.reviewed_by)
            return [_onboarded(dealer, proposed, command)]
        case ((ReturnDealer() | RejectDealer()), "submitted" | "reviewed", Proposal() as proposed):
            _another_person(command.by, proposed.submitted_by, dealer.reviewed_by)
            outcome = DealerReturned if isinstance(command, ReturnDealer) else DealerRejected
            return [outcome(by=command.by, reason=command.reason)]
        case SuspendDealer(), "active", _:
            _in_order(dealer, command)
            return [DealerSuspended(reason=command.reason, by=command.by, on=command.on)]
        case ReinstateDealer(), "suspended", _:
            _in_order(dealer, command)
            return [DealerReinstated(reason=command.reason, by=command.by, on=command.on)]
        case ReviseBasicCard(), "active" | "suspended", _:
            return [revised_card(dealer.card, command)]
        case ChangeTerms(), "active" | "suspended", Proposal() as proposed:
            return [_other_terms(proposed, dealer.terms_since, command)]
        case ((JoinGroup() | LeaveGroup()), "active" | "suspended", _):
            return [moved(dealer.group, command)]
        case _:
            raise Refused("stage-wrong", f"the file is {dealer.stage}: {NEXT_STEP[dealer.stage]}", stage=dealer.stage)


NEXT_STEP: dict[Stage, str] = {
    "new": "submit the dealer first",
    "submitted": "it waits for its review; the branch general manager reviews, returns or rejects it",
    "reviewed": "it waits for the head of marketing, who approves, returns or rejects it",
    "returned": "its author submits it again with what has to change",
    "rejected": "this is final; another proposal is another file",
    "active": "the dealer is onboarded; suspend it, or revise its card",
    "suspended": "reinstate the dealer, or revise its card",
}


def evolve(dealer: Dealer, event: Event) -> Dealer:
    """What is then so."""
    match event:
        case DealerSubmitted():
            return Dealer(stage="submitted", proposal=proposal(event))
        case DealerReviewed():
            return msgspec.structs.replace(dealer, stage="reviewed", reviewed_by=event.by)
        case DealerReturned():
            return msgspec.structs.replace(dealer, stage="returned", reviewed_by="")
        case DealerRejected():
            return msgspec.structs.replace(dealer, stage="rejected")
        case DealerOnboarded():
            return msgspec.structs.replace(
                dealer, stage="active", code=event.code, since=event.onboarded_on, card={"name": event.name}
            )
        case DealerSuspended():
            return msgspec.structs.replace(dealer, stage="suspended", since=event.on)
        case DealerReinstated():
            return msgspec.structs.replace(dealer, stage="active", since=event.on)
        case BasicCardRevised():
            return msgspec.structs.replace(dealer, card=card_after(dealer.card, event))
        case DealerTermsChanged() if dealer.proposal is not None:
            agreed = Agreed(event.terms.method, event.terms.term_days)
            proposed = msgspec.structs.replace(dealer.proposal, terms=agreed)
            return msgspec.structs.replace(dealer, proposal=proposed, terms_since=event.on)
        case DealerJoinedGroup():
            return msgspec.structs.replace(dealer, group=event.group)
        case DealerLeftGroup():
            return msgspec.structs.replace(dealer, group="")
        case _:
            return dealer


def claims(event: Event) -> Claims:
    """An onboarded dealer holds its code and every number that a source system knows it by, for ever."""
    match event:
        case DealerOnboarded():
            references = (reference_claim(each.source, each.number) for each in event.references)
            return Claims(take=(f"dealer-code/{event.code}", *references))
        case _:
            return Claims()


def reference_claim(source: str, number: str) -> str:
    """The claim by which one dealer holds a source system's number."""
    return f"dealer-reference/{source}/{number}"


def _another_person(by: str, *before: str) -> None:
    if by in before:
        raise Refused("same-person", f"{by} has acted on this submission: its three steps take three people")


def _in_order(dealer: Dealer, command: SuspendDealer | ReinstateDealer) -> None:
    not_in_future(command.on, today=command.today, what="the change")
    if dealer.since is not None and command.on < dealer.since:
        raise Refused("before-last-change", f"the file is {dealer.stage} since {dealer.since}: choose a later day")


def _other_terms(proposed: Proposal, since: date | None, command: ChangeTerms) -> Event:
    not_in_future(command.on, today=command.today, what="the change of terms")
    if since is not None and command.on < since:
        raise Refused("before-last-change", f"the terms are agreed since {since}: choose that day or a later one")
    if proposed.terms == Agreed(command.terms.method, command.terms.term_days):
        raise Refused("terms-unchanged", "these terms are agreed already: change the method or the days")
    return DealerTermsChanged(terms=command.terms, reason=command.reason, by=command.by, on=command.on)


def _onboarded(dealer: Dealer, proposed: Proposal, command: ApproveDealer) -> Event:
    not_in_future(command.onboarded_on, today=command.today, what="the onboarding")
    return DealerOnboarded(
        **msgspec.to_builtins(proposed, builtin_types=(Decimal,)),
        code=mint(UUID(command.dealer), command.attempt),
        reviewed_by=dealer.reviewed_by,
        approved_by=command.by,
        onboarded_on=command.onboarded_on,
    )


DEALER = Decider(owner="customer-registry", category="file", state=Dealer, decide=decide, evolve=evolve, claims=claims)
