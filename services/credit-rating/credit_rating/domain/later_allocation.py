"""Money that came without the right invoice number is allocated later, by a person, as a fact of its own.

Source: domain.md 2.1 and 2.2. It names at most what no name binds yet of a payment, bill or credit note, and of each
invoice at most what is open before the oldest are paid: on its own day as today. What a late fact leaves of that, the
rule of named money decides: the excess goes to the oldest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from events import AllocatedTo, PaymentAllocated
from events.decider import Refused

from .entries import LedgerEntry
from .ledger import Credit, ledger_at
from .money import NOTHING
from .receivables import Room, room_of


class Allocate(msgspec.Struct, frozen=True):
    """Which money (an entry's id) pays which invoices from which day on, who says so, why."""

    entry: str
    allocations: tuple[AllocatedTo, ...]
    allocated_on: date
    reason: str
    by: str


def allocate(entries: Sequence[LedgerEntry], asked: Allocate, today: date) -> PaymentAllocated:
    """The fact that says so, by one dealer's ledger as known. Refused: what the money or the invoices do not bear."""
    credit = money_for(entries, asked, today)
    return PaymentAllocated(
        entry=asked.entry, kind=credit.kind, source=credit.source, number=credit.number,
        allocations=asked.allocations, allocated_on=asked.allocated_on, reason=asked.reason, by=asked.by,
    )  # fmt: skip


def money_for(entries: Sequence[LedgerEntry], asked: Allocate, today: date) -> Credit:
    """The payment, bill or credit note that bears what is asked, on its day and today."""
    if asked.allocated_on > today:
        raise Refused(
            "future-date", f"{asked.allocated_on} is to come: allocate the money from today on at the latest."
        )
    for day in sorted({asked.allocated_on, today}):
        room = _room(entries, asked.entry, day)
        _require_money(room, asked, day)
        _require_open(room, asked, day)
    return room.credit


def _room(entries: Sequence[LedgerEntry], entry: str, day: date) -> Room:
    room = room_of(ledger_at(entries, day), entry)
    if room is None:
        raise Refused(
            "not-allocatable",
            f"No payment, bill or credit note that counts on {day}: it bounced, was taken back, or is later.",
        )
    return room


def _require_money(room: Room, asked: Allocate, day: date) -> None:
    total = sum((each.amount for each in asked.allocations), NOTHING)
    if total > room.left:
        raise Refused(
            "more-than-is-left",
            f"{room.left} of {room.credit.kind} {room.credit.number} is not named on {day}: allocate that at most.",
            left=str(room.left),
        )


def _require_open(room: Room, asked: Allocate, day: date) -> None:
    for invoice in sorted({each.invoice for each in asked.allocations}):
        if invoice not in room.open:
            raise Refused(
                "unknown-invoice",
                f"No invoice {invoice} counts on {day}, or two sources bear that number: correct the number.",
            )
        wanted: Decimal = sum((each.amount for each in asked.allocations if each.invoice == invoice), NOTHING)
        if wanted > room.open[invoice]:
            raise Refused(
                "more-than-is-open",
                f"{room.open[invoice]} of invoice {invoice} can be named on {day}: correct the amount or the invoice.",
                open=str(room.open[invoice]),
            )
