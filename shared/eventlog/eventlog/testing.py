"""A small decider, and rows made by hand, for tests of the log: regions whose names are claimed, and invoices."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import msgspec

from eventlog.meta import Fact, Meta
from events import (
    Claims,
    Decider,
    Event,
    InvoiceIssued,
    Refused,
    RegionDefined,
    command_id,
    encode,
    request_hash,
    uuid7,
)


class Region(msgspec.Struct, frozen=True):
    code: str = ""
    name: str = ""
    names: int = 0


def decide(state: Region, command: RegionDefined) -> list[Event]:
    if command.name == "refuse me":
        raise Refused("no-such-name", "Choose another name.")
    return [] if command.name == state.name else [command]


def evolve(state: Region, event: RegionDefined) -> Region:
    return Region(event.code, event.name, state.names + 1)


def claims(event: Event) -> Claims:
    return Claims(take=(f"region-name:{event.name}",)) if isinstance(event, RegionDefined) else Claims()


REGION = Decider("customer-registry", "region", Region, decide, evolve, claims)


def meta(key: str = "", content: object = None) -> Meta:
    return Meta(
        actor="user:test",
        business_date=date(2026, 1, 2),
        command_id=command_id("test", key) if key else UUID(int=uuid4().int),
        request_hash=request_hash({"content": content}),
        correlation="c1",
    )


def fact(dealer: str, number: str, amount: str = "10.00", *, claim: str | None = None) -> Fact:
    event = InvoiceIssued(
        source="ERP",
        number=number,
        amount=Decimal(amount),
        currency="CNY",
        issued_on=date(2026, 1, 2),
        due_on=date(2026, 2, 1),
        method="credit",
        term_days=30,
        order=None,
    )
    id_, today = uuid7(), datetime.now(UTC)
    document = encode(event, id=id_, subject=dealer, time=today, actor="a", business_date=today.date(), correlation="c")
    content = request_hash({"number": number, "amount": amount, "dealer": dealer})
    return Fact(f"{dealer}/ledger", command_id("ERP", "invoice", number), content, id_, document, claim)
