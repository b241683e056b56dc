"""Events and tables of every kind, for tests of projections; histories come from `eventlog.histories`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from eventlog.histories import PARTITIONS, History, contents, every_type, migrate, publish, shuffled, topics
from eventlog.projection import (
    FactsTable,
    Patch,
    StateTable,
    Table,
    boolean,
    day,
    integer,
    json,
    moment,
    money,
    text,
)  # fmt: skip
from eventlog.projection import (
    uuid as ids,
)
from events import (
    DealerOnboarded,
    DealerReinstated,
    DealerSuspended,
    InvoiceIssued,
    PaymentReceived,
    SaleRecorded,
    VisitLogged,
)
from events.catalogue import EVENT_TYPES, STREAMS

URLS: list[str] = []
"""Addresses of the databases made, for processes that connect themselves."""


def invoice(number: str, amount: str = "100.50", on: date = date(2026, 1, 2)) -> InvoiceIssued:
    """An invoice of one source system."""
    return InvoiceIssued(
        source="erp", number=number, amount=Decimal(amount), currency="CNY", issued_on=on, due_on=on,
        method="credit", term_days=30,
    )  # fmt: skip


def payment(number: str, amount: str = "40.25") -> PaymentReceived:
    """A payment."""
    return PaymentReceived(
        source="erp", number=number, amount=Decimal(amount), currency="CNY", received_on=date(2026, 1, 20),
        method="transfer",
    )  # fmt: skip


def onboarded(name: str, code: str = "D-1") -> DealerOnboarded:
    """A dealer's onboarding."""
    return DealerOnboarded(
        code=code, name=name, territory="T1", branch="B1", region="R1", channel_level="distributor",
        cooperation="dealer", terms={"method": "credit", "term_days": 30}, forecast_monthly_sales=Decimal(1000),
        submitted_by="a", reviewed_by="b", approved_by="c", onboarded_on=date(2026, 1, 2),
    )  # fmt: skip


def declare() -> list[Table]:
    """Tables of every kind: facts, a state row of three services, sums, maxima, tombstones, JSON."""
    ledger = FactsTable(
        "ledger_entry",
        columns={"dealer": ids, "kind": text, "number": text, "amount": money, "on": day},
        scope="dealer",
        indexes=[("dealer", "on")],
    )
    dealer = StateTable(
        "dealer",
        key={"dealer": ids},
        columns={
            "name": text, "card": json, "suspended": boolean, "balance": money, "invoices": integer,
            "last_sale": day, "onboarded": boolean,
        },
        scope="dealer",
    )  # fmt: skip

    @ledger.on(InvoiceIssued, uses=("number", "amount", "issued_on"))
    def invoiced(e: Any) -> dict[str, Any]:
        data = e.data
        return {
            "dealer": e.subject,
            "kind": "invoice",
            "number": data.number,
            "amount": data.amount,
            "on": data.issued_on,
        }

    @ledger.on(PaymentReceived, uses=("number", "amount", "received_on"))
    def paid(e: Any) -> list[dict[str, Any]]:
        data = e.data
        row = {"dealer": e.subject, "number": data.number, "amount": -data.amount, "on": data.received_on}
        return [{**row, "kind": "payment"}, {**row, "kind": "receipt"}]

    @dealer.on(DealerOnboarded, uses=("name", "code", "terms"))
    def named(e: Any) -> Patch:
        card = {"code": e.data.code, "days": e.data.terms.term_days}
        return Patch(key=(e.subject,), set={"name": e.data.name, "card": card}, max={"onboarded": True})

    @dealer.on(DealerSuspended, uses=())
    def suspended(e: Any) -> Patch:
        return Patch(key=(e.subject,), set={"suspended": True, "tombstone": True})

    @dealer.on(DealerReinstated, uses=())
    def reinstated(e: Any) -> Patch:
        return Patch(key=(e.subject,), set={"suspended": False, "tombstone": False})

    @dealer.on(InvoiceIssued, uses=("amount",))
    def owes(e: Any) -> Patch:
        return Patch(key=(e.subject,), add={"balance": e.data.amount, "invoices": 1})

    @dealer.on(PaymentReceived, uses=("amount",))
    def owes_less(e: Any) -> list[Patch]:
        return [Patch(key=(e.subject,), add={"balance": -e.data.amount})]

    @dealer.on(SaleRecorded, uses=("sold_on",))
    def sold(e: Any) -> Patch:
        return Patch(key=(e.subject,), max={"last_sale": e.data.sold_on})

    return [ledger, dealer]


def declare_every_type() -> list[Table]:
    """A journal of every event, and one row a dealer with a column for every stream category, beside `declare()`."""
    journal = FactsTable("journal", columns={"dealer": ids, "type": text, "on": day}, indexes=[("dealer",)])
    visit = FactsTable("visit", columns={"dealer": ids, "people": json, "content": text}, scope="dealer")
    columns = {f"{owner}_{category}": text for owner, kinds in STREAMS.items() for category in kinds}
    summary = StateTable("summary", key={"dealer": ids}, columns={**columns, "events": integer, "last_on": day})
    for kind in EVENT_TYPES.values():
        column = f"{kind.owner}_{kind.stream}"
        journal.on(kind.model)(lambda e: {"dealer": e.subject, "type": e.type, "on": e.businessdate})
        summary.on(kind.model, sets=(column,), adds=("events",), maxes=("last_on",))(
            lambda e, column=column: Patch(
                key=(e.subject,), set={column: e.id}, add={"events": 1}, max={"last_on": e.businessdate}
            )
        )

    @visit.on(VisitLogged, uses=("participants", "content"))
    def visited(e: Any) -> dict[str, Any]:
        return {"dealer": e.subject, "people": list(e.data.participants), "content": e.data.content}

    return [journal, visit, summary, *declare()]


@pytest.fixture
async def make_pool(database: Any) -> AsyncIterator[Callable[[], Awaitable[asyncpg.Pool[Any]]]]:
    """`pool = await make_pool()`: an empty database with the `projection` schema."""
    pools: list[asyncpg.Pool[Any]] = []

    async def make() -> asyncpg.Pool[Any]:
        urls = await database("projections")
        async with asyncpg.create_pool(urls.owner, min_size=1, max_size=1) as owner:
            await migrate(owner)
        URLS.append(urls.app)
        pools.append(await asyncpg.create_pool(urls.app, min_size=1, max_size=6))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.close()


@pytest.fixture
async def pool(make_pool: Callable[[], Awaitable[asyncpg.Pool[Any]]]) -> asyncpg.Pool[Any]:
    """One such database."""
    return await make_pool()


@pytest.fixture
def world() -> SimpleNamespace:
    """The makers above, for tests that import nothing from here."""
    return SimpleNamespace(
        History=History, shuffled=shuffled, invoice=invoice, payment=payment, onboarded=onboarded, declare=declare,
        every_type=every_type, declare_every_type=declare_every_type,
        contents=contents, topics=topics, publish=publish, PARTITIONS=PARTITIONS, moment=moment, migrate=migrate,
        here=Path(__file__).parent, urls=URLS,
    )  # fmt: skip
