"""Whenever an invoice names its order it uses up that reservation, once; taken back, it returns it (domain.md 2.7)."""

from collections.abc import Sequence
from typing import Any

from credit_rating.domain.order import ORDERS, ReturnReservation, UseReservation, taken
from eventlog.act import Act
from eventlog.reactions import Reaction
from events import InvoiceIssued, LedgerEntryReversed, event_id

use_reservation = Reaction("use-reservation")


@use_reservation.on(InvoiceIssued, uses=("order", "number", "amount"))
def invoiced(e: Any) -> Act | None:
    """What was reserved is now owed; an invoice without an order reserves nothing."""
    if e.data.order is None:
        return None
    return Act(ORDERS, e.subject, UseReservation(order=e.data.order, invoice=e.data.number, amount=e.data.amount))


@use_reservation.on(LedgerEntryReversed, uses=("entry", "kind"))
def taken_back(e: Any) -> Act | None:
    """What was invoiced is released and not yet invoiced again; other entries reserve nothing."""
    if e.data.kind != "invoice":
        return None
    use = event_id(e.data.entry, use_reservation.name, 1)
    return Act(ORDERS, e.subject, ReturnReservation(use=str(use)), complete=_from_its_stream)


def _from_its_stream(command: ReturnReservation, recorded: Sequence[Any]) -> ReturnReservation:
    events = [(str(each.id), each.event) for each in recorded]
    return command.model_copy(update={"taken": taken(command.use, events)})
