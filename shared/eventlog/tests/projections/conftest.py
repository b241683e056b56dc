"""Histories to project: logs made in memory, whose records are what a topic would hand over."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

import events
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
from events.catalogue import EVENT_TYPES, STREAMS, Event
from events.envelope import encode
from events.placement import HEADER, Placement, pack, partition_of

SAMPLES = Path(events.__file__).parent / "samples"
START = datetime(2026, 1, 2, tzinfo=UTC)
PARTITIONS = 4


@dataclass(slots=True)
class Kept:
    """A record as aiokafka hands it over."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


@dataclass
class History:
    """One service's log: `add` appends an event to a stream, as the log would number it."""

    source: str
    prefix: str = ""
    lineage: int = 1
    records: dict[int, list[Kept]] = field(default_factory=dict)
    last: dict[int, uuid.UUID] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    ids: random.Random = field(default_factory=lambda: random.Random(7))

    def add(self, event: Event, key: str, *, category: str = "", id: uuid.UUID | None = None) -> Kept:
        """Append an event; its partition follows from the key."""
        stream = f"{key}/{category or event.event_type.stream}"
        identity = id or uuid.UUID(int=self.ids.getrandbits(128), version=4)
        document = encode(
            event, id=identity, subject=key, time=START, actor="user:li.wei", business_date=date(2026, 1, 2),
            correlation=str(identity),
        )  # fmt: skip
        return self.place(document, identity, stream)

    def place(self, document: bytes, identity: uuid.UUID, stream: str) -> Kept:
        """Append a document as it is."""
        partition = partition_of(stream.partition("/")[0], PARTITIONS)
        kept = self.records.setdefault(partition, [])
        self.versions[stream] = self.versions.get(stream, 0) + 1
        placement = Placement(
            partition, len(kept) + 1, self.last.get(partition), self.lineage, stream, self.versions[stream],
            identity, bytes(32), 1, 1, 1_767_312_000_000_000 + len(kept) * 1000,
        )  # fmt: skip
        self.last[partition] = identity
        key = stream.partition("/")[0].encode()
        topic = f"{self.prefix}{self.source}.events"
        kept.append(Kept(topic, partition, len(kept), key, document, ((HEADER, pack(placement)),)))
        return kept[-1]

    def all(self) -> list[Kept]:
        """Every record, partition by partition."""
        return [record for partition in sorted(self.records) for record in self.records[partition]]


def shuffled(histories: Iterable[History], seed: int) -> list[Kept]:
    """One interleaving of all partitions of all topics, some fast, some slow; each partition keeps its order."""
    chance = random.Random(seed)
    queues = [(chance.random() ** 3, iter(kept)) for history in histories for kept in history.records.values()]
    order: list[Kept] = []
    while queues:
        (queue,) = chance.choices(queues, weights=[speed for speed, _ in queues])
        record = next(queue[1], None)
        if record is None:
            queues.remove(queue)
        else:
            order.append(record)
    return order


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


def every_type(seed: int, prefix: str = "", rounds: int = 11) -> list[History]:
    """Logs that hold every shipped sample of every type and version, `rounds` times, over eight dealers."""
    chance = random.Random(seed)
    samples = [(path.parent.name, path.read_bytes()) for path in sorted(SAMPLES.glob("*/*.json"))] * rounds
    chance.shuffle(samples)
    histories = {owner: History(owner, prefix=prefix) for owner in sorted({owner for owner, _ in samples})}
    for count, (owner, sample) in enumerate(samples):
        document = msgspec.json.decode(sample)
        key = f"0191d3a2-0000-7000-8000-00000000000{chance.randrange(8)}"
        identity = uuid.UUID(int=chance.getrandbits(128), version=4)
        document |= {"id": str(identity), "subject": key}
        data = document["data"]
        if "amount" in data:
            data["amount"] = f"{chance.randrange(1, 10_000)}.{chance.randrange(100):02}"
        if "number" in data:
            data["number"] = f"N-{count}"
        category = EVENT_TYPES[document["type"]].stream
        histories[owner].place(msgspec.json.encode(document), identity, f"{key}/{category}")
    return list(histories.values())


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


@asynccontextmanager
async def topics(stack: Any, names: Iterable[str]) -> AsyncIterator[AIOKafkaAdminClient]:
    """These topics, empty."""
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
    try:
        yield admin
    finally:
        await admin.close()


async def publish(stack: Any, records: Iterable[Kept]) -> None:
    """Send records to the partitions they are placed in."""
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka.bootstrap_servers, acks="all")
    await producer.start()
    for record in records:
        await producer.send(
            record.topic, record.value, key=record.key, partition=record.partition, headers=list(record.headers)
        )
    await producer.flush()
    await producer.stop()


MIGRATION = files("eventlog") / "migrations" / "20260102000000_projection.sql"


async def migrate(pool: asyncpg.Pool[Any]) -> None:
    """What dbmate would run of the `projection` schema."""
    up = MIGRATION.read_text().partition("-- migrate:up")[2].partition("-- migrate:down")[0]
    await pool.execute(up)


@pytest.fixture
async def make_pool(database: Any) -> AsyncIterator[Callable[[], Awaitable[asyncpg.Pool[Any]]]]:
    """`pool = await make_pool()`: an empty database with the `projection` schema."""
    pools: list[asyncpg.Pool[Any]] = []

    async def make() -> asyncpg.Pool[Any]:
        urls = await database("projections")
        async with asyncpg.create_pool(urls.owner, min_size=1, max_size=1) as owner:
            await migrate(owner)
        pools.append(await asyncpg.create_pool(urls.app, min_size=1, max_size=6))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.close()


@pytest.fixture
async def pool(make_pool: Callable[[], Awaitable[asyncpg.Pool[Any]]]) -> asyncpg.Pool[Any]:
    """One such database."""
    return await make_pool()


async def contents(pool: asyncpg.Pool[Any], schema: str = "g1", *tables: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of these tables, sorted by its text."""
    names = tables or ("ledger_entry", "dealer")
    found = {}
    for name in names:
        rows = [dict(row) for row in await pool.fetch(f'select * from {schema}."{name}"')]
        found[name] = sorted(rows, key=repr)
    return found


@pytest.fixture
def world() -> SimpleNamespace:
    """The makers above, for tests that import nothing from here."""
    return SimpleNamespace(
        History=History, shuffled=shuffled, invoice=invoice, payment=payment, onboarded=onboarded, declare=declare,
        every_type=every_type, declare_every_type=declare_every_type,
        contents=contents, topics=topics, publish=publish, PARTITIONS=PARTITIONS, moment=moment, migrate=migrate,
    )  # fmt: skip
