"""What a row becomes: a plain struct with typed fields, ready to be a command of the service that owns the fact.

`row` is the row number in the source; (import id, row) leads from every event back to its row. `dealer` is the number
that the source system gives the dealer, never our own id.
"""

import datetime
from decimal import Decimal
from typing import Literal

import msgspec


class SaleLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A sale or a return; `line` counts equal lines of the invoice from 1 (domain.md 0), known once all are read.

    `quantity` and `amount` are positive in both; `amount` = quantity × unit price, exact.
    """

    row: int
    source: str
    dealer: str
    invoice: str
    product: str
    description: str | None
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    currency: str
    sold_on: datetime.date
    returned: bool
    line: int = 1
    direction: Literal["sell_in", "sell_out"] = "sell_in"
    ship_to: str | None = None
    ship_to_territory: str | None = None

    @property
    def document(self) -> str:
        """What the row is spooled and kept together by."""
        return self.invoice

    @property
    def identity(self) -> tuple[str, str, str, str, str, str, str]:
        """The identity of a sale line: kind, source, invoice, product, quantity, unit price, k."""
        kind = "return" if self.returned else "sale"
        return (
            kind, self.source, self.invoice, self.product, str(self.quantity), str(self.unit_price), str(self.line)
        )  # fmt: skip


class Payment(msgspec.Struct, frozen=True, array_like=True):
    """The payment that settles the row's invoice, in full, on the settled date."""

    number: str
    amount: Decimal
    received_on: datetime.date
    method: str
    invoice: str


class Dispute(msgspec.Struct, frozen=True, array_like=True):
    """A dispute over the row's invoice, raised on the invoice date."""

    amount: Decimal
    disputed_on: datetime.date
    reason: str


class Settlement(msgspec.Struct, frozen=True, array_like=True):
    """The end of that dispute on the settled date, with the outcome that the profile fixes."""

    settled_on: datetime.date
    outcome: str


class LedgerRow(msgspec.Struct, frozen=True, array_like=True):
    """An invoice and what the same row says of it: up to four events, each idempotent by (source, kind, number)."""

    row: int
    source: str
    dealer: str
    number: str
    amount: Decimal
    currency: str
    issued_on: datetime.date
    due_on: datetime.date
    method: str
    term_days: int
    order: str | None
    payment: Payment | None
    dispute: Dispute | None
    settlement: Settlement | None

    @property
    def document(self) -> str:
        """What the row is spooled and kept together by."""
        return self.number


class ReceiptRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Money received, or a bill if it says when it matures; up to two events: it, and that it came back."""

    row: int
    source: str
    dealer: str
    number: str
    amount: Decimal
    currency: str
    received_on: datetime.date
    method: str
    invoice: str | None
    matures_on: datetime.date | None
    bounced_on: datetime.date | None
    bounce_reason: str | None

    @property
    def document(self) -> str:
        """What the row is spooled and kept together by."""
        return self.number


class DealerRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A dealer as a file of dealers gives it; what the file does not say is None."""

    row: int
    source: str
    dealer: str
    name: str
    county: str | None
    country: str | None
    territory: str | None
    supplier: str | None
    channel_level: str | None
    cooperation: str | None

    @property
    def document(self) -> str:
        """What the row is spooled and kept together by."""
        return self.dealer


MappedRecord = SaleLine | LedgerRow | ReceiptRow | DealerRow
