"""Histories to project, for tests: logs made in memory, whose records are what a topic would hand over."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

import events
from eventlog.topics import declared
from events.catalogue import EVENT_TYPES, Event
from events.envelope import encode
from events.placement import HEADER, Placement, pack, partition_of

SAMPLES = Path(events.__file__).parent / "samples"
START = datetime(2026, 1, 2, tzinfo=UTC)
PARTITIONS = 4
MIGRATION = files("eventlog") / "migrations" / "20260102000000_projection.sql"


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
    partitions: int = PARTITIONS
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
        partition = partition_of(stream.partition("/")[0], self.partitions)
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


async def publish_apart(stack: Any, prefix: str, sources: Iterable[str], records: Iterable[Any]) -> dict[str, str]:
    """Publish records of these logs to topics of their own under a prefix; answers source → topic."""
    made = {source: declared(source, prefix) for source in sources}
    admin = AIOKafkaAdminClient(**stack.kafka.client_options())
    await admin.start()
    await admin.create_topics([NewTopic(name, count, 1, topic_configs=dict(c)) for name, count, c in made.values()])
    await admin.close()
    apart = [Kept(f"{prefix}{r.topic}", r.partition, r.offset, r.key, r.value, r.headers) for r in records]
    await publish(stack, apart)
    return {source: name for source, (name, *_) in made.items()}


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


async def migrate(pool: asyncpg.Pool[Any]) -> None:
    """What dbmate would run of the `projection` schema."""
    up = MIGRATION.read_text().partition("-- migrate:up")[2].partition("-- migrate:down")[0]
    await pool.execute(up)


async def contents(pool: asyncpg.Pool[Any], schema: str = "g1", *tables: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of these tables, sorted by its text."""
    names = tables or ("ledger_entry", "dealer")
    found = {}
    for name in names:
        rows = [dict(row) for row in await pool.fetch(f'select * from {schema}."{name}"')]
        found[name] = sorted(rows, key=repr)
    return found
