"""Events as a credit department's day has them: invoices, three in five, and payments, over two thousand dealers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from eventlog.meta import Fact
from events import InvoiceIssued, PaymentReceived, command_id, encode, request_hash, uuid7

DEALERS = 2000
Entry = InvoiceIssued | PaymentReceived
FIRST_DAY = date(2025, 1, 1)
DAYS = 540


def dealers(count: int = DEALERS, seed: int = 1) -> list[str]:
    """Ids of dealers; the same for the same seed."""
    chance = random.Random(seed)
    return [str(UUID(int=chance.getrandbits(128), version=4)) for _ in range(count)]


def documents(count: int, *, seed: int = 1, of: list[str] | None = None) -> Iterator[tuple[str, Entry]]:
    """Dealer and event, `count` times."""
    chance = random.Random(seed)
    network = of or dealers()
    for number in range(count):
        day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        amount = Decimal(chance.randrange(10_00, 90_000_00)) / 100
        dealer = network[chance.randrange(len(network))]
        if number % 5 < 3:
            yield dealer, invoice(f"I{seed}-{number:08}", amount, day)
        else:
            yield dealer, payment(f"P{seed}-{number:08}", amount, day)


def invoice(number: str, amount: Decimal, day: date) -> InvoiceIssued:
    """An invoice on 30 days."""
    return InvoiceIssued(
        source="erp", number=number, amount=amount, currency="CNY", issued_on=day,
        due_on=day + timedelta(days=30), method="credit", term_days=30, order=None,
    )  # fmt: skip


def payment(number: str, amount: Decimal, day: date) -> PaymentReceived:
    """A payment that names no invoice: oldest first."""
    return PaymentReceived(
        source="erp", number=number, amount=amount, currency="CNY", received_on=day, method="transfer", allocations=[]
    )


def fact(dealer: str, event: Entry) -> Fact:
    """The event as a row of a call of facts."""
    now, number = datetime.now(UTC), event.number
    id_ = uuid7()
    document = encode(
        event, id=id_, subject=dealer, time=now, actor="service:erp-import", business_date=now.date(),
        correlation=f"0193-bulk-{number}",
    )  # fmt: skip
    return Fact(
        f"{dealer}/ledger", command_id("erp", type(event).__name__, number), request_hash({"n": number}), id_, document
    )


def facts(count: int, *, seed: int = 1, of: list[str] | None = None) -> list[Fact]:
    """Rows ready to be recorded."""
    return [fact(dealer, event) for dealer, event in documents(count, seed=seed, of=of)]
