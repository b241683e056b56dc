"""What a dealer's ledger holds: the facts that receivables, indicators and limits are computed from.

The service fills these from `InvoiceIssued`, `PaymentReceived`, … (`ledger_facts.entry_of`) or from a table of the
same rows. Amounts are in the installation's one currency, positive, VAT included; `id` is the event's id, which a
reversal names.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

Method: TypeAlias = Literal["prepaid", "cash", "credit", "bank_acceptance", "commercial_acceptance"]
Acceptance: TypeAlias = Literal["bank_acceptance", "commercial_acceptance"]
Outcome: TypeAlias = Literal["upheld", "dismissed"]


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One accepted document of one dealer: (source, kind, number) names it."""

    id: str
    source: str
    number: str


class Invoice(Entry, frozen=True, kw_only=True, gc=False):
    """Money owed from `due_on` on."""

    amount: Decimal
    issued_on: date
    due_on: date
    method: Method
    term_days: int = 0
    order: str | None = None


class Allocation(msgspec.Struct, frozen=True, gc=False):
    """What a payment says it pays: up to `amount` of one invoice, or as much as is open where that is None."""

    invoice: str
    amount: Decimal | None = None


class Payment(Entry, frozen=True, kw_only=True):
    """Money received; the part that names no invoice goes to the oldest."""

    amount: Decimal
    received_on: date
    allocations: tuple[Allocation, ...] = ()


class Bill(Entry, frozen=True, kw_only=True):
    """An acceptance bill: settles as a payment does from `received_on` on, and is money once it matures."""

    amount: Decimal
    received_on: date
    matures_on: date
    method: Acceptance
    allocations: tuple[Allocation, ...] = ()


class Bounce(Entry, frozen=True, kw_only=True, gc=False):
    """The payment or bill (source, number), all of it, settles nothing from `bounced_on` on.

    It names the document, not an event: it may come before what bounced, and what bounced bounces once.
    """

    of: Literal["payment", "bill"]
    bounced_on: date


class CreditNote(Entry, frozen=True, kw_only=True, gc=False):
    """Less owed: the named invoice first, then the oldest. It lowers an invoice's value; it does not pay it."""

    amount: Decimal
    issued_on: date
    invoice: str | None = None


class LaterAllocation(Entry, frozen=True, kw_only=True):
    """From `allocated_on` on the payment, bill or credit note with the id `entry` pays these before what it named.

    What is taken back or bounced pays nothing, whatever was allocated of it later.
    """

    entry: str
    allocated_on: date
    allocations: tuple[Allocation, ...]


class WriteOff(Entry, frozen=True, kw_only=True, gc=False):
    """Up to `amount` of one invoice is given up: no longer owed, and never paid. What exceeds the invoice is void."""

    amount: Decimal
    written_off_on: date
    invoice: str


class Recovery(Entry, frozen=True, kw_only=True, gc=False):
    """Money for what had been written off: shown on its own, it settles nothing."""

    amount: Decimal
    recovered_on: date
    invoice: str | None = None


class Dispute(Entry, frozen=True, kw_only=True, gc=False):
    """`amount` of the invoice (source, number) is contested from `disputed_on` on."""

    amount: Decimal
    disputed_on: date


class DisputeOutcome(Entry, frozen=True, kw_only=True, gc=False):
    """Every dispute of that invoice raised until `settled_on` is upheld (the dealer was right) or dismissed."""

    settled_on: date
    outcome: Outcome


class Reversal(Entry, frozen=True, kw_only=True, gc=False):
    """The entry with the id `entry` was never so: a correction of what is known, hence without a business date."""

    entry: str


LedgerEntry: TypeAlias = (
    Invoice
    | Payment
    | Bill
    | Bounce
    | CreditNote
    | LaterAllocation
    | WriteOff
    | Recovery
    | Dispute
    | DisputeOutcome
    | Reversal
)
