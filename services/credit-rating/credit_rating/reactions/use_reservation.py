"""Whenever an invoice names its order, then it uses up that order's reservation, once (domain.md 2.7)."""

from typing import Any

from credit_rating.domain.order import ORDERS, UseReservation
from eventlog.act import Act
from eventlog.reactions import Reaction
from events import InvoiceIssued

use_reservation = Reaction("use-reservation")


@use_reservation.on(InvoiceIssued, uses=("order", "number", "amount"))
def invoiced(e: Any) -> Act | None:
    """What was reserved is now owed; an invoice without an order reserves nothing."""
    if e.data.order is None:
        return None
    return Act(ORDERS, e.subject, UseReservation(order=e.data.order, invoice=e.data.number, amount=e.data.amount))
