"""A visit (客户联系记录卡): what succeeded, what fell short and the lesson must be written (domain.md 1.5).

A fact has no state: a command becomes one event and the natural key under which it is known for ever.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from events.decider import Refused
from events.fields import Code, Id, Name, Said, Text
from events.ids import canonical
from events.types.customer_registry import ContactMethod, VisitLogged
from rules.substance import LEAST_CHARACTERS, LEAST_DIFFERENT, has_substance

from .command import Command, OwnCode, not_in_future

MUST_WRITE = ("succeeded", "fell_short", "lesson")


class LogVisit(Command):
    """Log a visit. `reference` is the sender's own number of the card, if it has one: it makes a repeat a repeat."""

    dealer: Id
    reference: Code | None = None
    visited_on: date
    method: ContactMethod = "visit"
    place: Text
    participants: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    content: Said
    succeeded: Said
    fell_short: Said
    lesson: Said
    next_appointment: date | None = None
    next_plan: Text | None = None
    representative: OwnCode


class VisitFact(NamedTuple):
    """An event for the dealer's contacts stream, its natural key, and what a repeat must say alike."""

    event: VisitLogged
    natural_key: tuple[str, ...]
    stated: dict[str, Any]


def visit_fact(command: LogVisit, *, today: date) -> VisitFact:
    """The fact that a command states.

    Without a reference the whole card is its identity: the same card twice is one visit.
    Raises Refused: date-in-future, appointment-before-visit, lesson-without-substance.
    """
    not_in_future(command.visited_on, today=today, what="the visit")
    if command.next_appointment is not None and command.next_appointment < command.visited_on:
        raise Refused("appointment-before-visit", "the next appointment lies before the visit: correct a date")
    empty = [name for name in MUST_WRITE if not has_substance(getattr(command, name))]
    if empty:
        raise Refused(
            "lesson-without-substance",
            f"write what happened in {', '.join(empty)}: at least {LEAST_CHARACTERS} letters, digits or characters, "
            f"{LEAST_DIFFERENT} of them different",
            fields=empty,
        )
    members = {name: value for name, value in command if name not in ("dealer", "reference")}
    stated = {**members, "dealer": command.dealer}
    if command.reference is not None:
        natural_key: tuple[str, ...] = ("visit", command.representative, command.reference)
    else:
        natural_key = ("visit-card", canonical(stated).decode())
    return VisitFact(VisitLogged.model_construct(**members), natural_key, stated)
