"""Onboarding from a file: the three steps of an approval as one command, for dealers that trade with us already.

The rules are those of `dealer`: three different people, a code of its own, every reference held by one dealer.
"""

from __future__ import annotations

from events.catalogue import Event
from events.decider import Decider
from events.fields import Code

from . import dealer
from .command import Command
from .dealer import ApproveDealer, Dealer, ReviewDealer
from .submission import SubmitDealer


class OnboardDealer(Command):
    """Submission, review and approval together; each step names who answers for it."""

    submission: SubmitDealer
    reviewed_by: Code
    approval: ApproveDealer


def decide(state: Dealer, command: OnboardDealer) -> list[Event]:
    """What each step decides on the state that the one before left. Refused: what the steps refuse."""
    happened: list[Event] = []
    for step in (command.submission, ReviewDealer(by=command.reviewed_by), command.approval):
        events = dealer.decide(state, step)
        state = dealer.DEALER.fold(state, events)
        happened += events
    return happened


ONBOARDING = Decider(
    owner="customer-registry",
    category="file",
    state=Dealer,
    decide=decide,
    evolve=dealer.evolve,
    claims=dealer.claims,
)
