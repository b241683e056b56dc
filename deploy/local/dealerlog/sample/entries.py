"""What stands in a dealer's ledger: a row of `/ledger:bulk` each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dealerlog.sample.dealers import Dealer
from dealerlog.sample.trading import Delivery


@dataclass(frozen=True, slots=True)
class Invoice:
    """The invoice of a delivery, VAT included."""

    delivery: Delivery
    due_on: date


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a payment that pays one invoice."""

    invoice: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received; without allocations it is for the ledger to allocate."""

    dealer: Dealer
    number: str
    on: date
    amount: Decimal
    method: str
    allocations: tuple[Allocation, ...]


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit of one invoice, VAT included."""

    dealer: Dealer
    number: str
    on: date
    amount: Decimal
    invoice: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """An amount of an invoice that the dealer contests."""

    delivery: Delivery
    on: date
    amount: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a dispute ended: upheld (a credit note follows) or dismissed."""

    dispute: Dispute
    on: date
    outcome: str


@dataclass(frozen=True, slots=True)
class Bill:
    """An acceptance bill in place of money."""

    dealer: Dealer
    number: str
    on: date
    matures_on: date
    amount: Decimal
    method: str
    allocations: tuple[Allocation, ...]


@dataclass(frozen=True, slots=True)
class CameBack:
    """A payment that bounced or a bill that was dishonoured: `kind` is which."""

    dealer: Dealer
    kind: str
    number: str
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class WriteOff:
    """All of an invoice given up."""

    dealer: Dealer
    number: str
    on: date
    amount: Decimal
    invoice: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """Some money for what was given up."""

    dealer: Dealer
    number: str
    on: date
    amount: Decimal
    invoice: str


Entry = Invoice | Payment | Bill | CameBack | CreditNote | WriteOff | Recovery | Dispute | Settlement


def dated(entry: Entry) -> date:
    """The business date of an entry."""
    return entry.delivery.on if isinstance(entry, Invoice) else entry.on
