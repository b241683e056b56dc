"""A service that imports sales on a real PostgreSQL, and what its tests ask of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from eventlog.database import connect_pool
from eventlog.log import Log
from eventlog.meta import Fact
from eventlog.projection import StateTable, text, uuid
from eventlog.projector import Projector
from events import (
    Imported,
    SaleLineReversed,
    SaleRecorded,
    SaleReturned,
    SalesImportCompleted,
    SalesImportStarted,
    SalesImportUndone,
    command_id,
    decode,
    encode,
    request_hash,
    uuid7,
)
from events.placement import HEADER, pack
from service.app import Service
from service.imports import MappedRecord, RowVerdict, SaleLine
from service.imports.api import imports_of
from service.imports.decider import Types
from service.imports.importing import Importing, Running
from service.imports.problems import PROBLEMS
from service.imports.projection import table_of
from service.imports.working import ImportWorker
from service.rls import RowSecurity
from service.scope import Reader
from service.testing import bearer, settings_of

PARTITIONS = 12


IMPORTER = bearer("importer")


PROFILE = Path(__file__).parents[5] / "services/tiering/tiering/profiles/online-retail-2009-10.toml"


class Book:
    """Where the sink of these tests stops, and how often lines were taken back."""

    stop_after: int | None = None
    taken_back: dict[str, int] = {}  # noqa: RUF012


BOOK = Book()


def fact_of(line: SaleLine, running: Running) -> Fact:
    """A line as a fact; a line that was taken back may come again, under its next revision."""
    dealer = str(command_id("dealer", line.source, line.dealer))
    members = {name: getattr(line, name) for name in SaleRecorded.model_fields}
    event = (SaleReturned if line.returned else SaleRecorded)(**members)
    identity, again = uuid7(), BOOK.taken_back.get("/".join(line.identity), 0)
    document = encode(
        event, id=identity, subject=dealer, time=event_time(), actor=running.caller.login, business_date=running.today,
        correlation=running.correlation, imported=Imported(running.import_id, line.row),
    )  # fmt: skip
    return Fact(f"{dealer}/sales", command_id(*line.identity, again), request_hash(event), identity, document)


def event_time() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


async def sink_of(running: Running) -> Any:
    """Records lines; in a dry run says what is known already."""

    async def sink(records: list[MappedRecord]) -> list[RowVerdict]:
        if BOOK.stop_after is not None:
            BOOK.stop_after -= len(records)
            if BOOK.stop_after < 0:
                await asyncio.Event().wait()  # hangs until it is killed
        facts = [fact_of(record, running) for record in records if isinstance(record, SaleLine)]
        if running.dry_run:
            commands = [fact.command for fact in facts]
            rows = await running.log.pool.fetch("select command from log.event where command = any($1)", commands)
            known = {row["command"] for row in rows}
            return [
                RowVerdict(record.row, "duplicate" if fact.command in known else "accepted")
                for record, fact in zip(records, facts, strict=True)
            ]
        verdicts = await running.log.record(facts)
        return [
            RowVerdict(record.row, "rejected", "document-conflict", "Another content.")
            if verdict.kind == "conflict"
            else RowVerdict(record.row, verdict.kind)
            for record, verdict in zip(records, verdicts, strict=True)
        ]

    return sink


async def undo(running: Running, reason: str) -> None:
    """Reverse every line of the import once."""
    for partition in range(PARTITIONS):
        for row in await running.log.read(partition, 0, 100_000):
            recorded = decode(row.document)
            if recorded.imported is None or recorded.imported.id != running.import_id:
                continue
            event = SaleLineReversed(line=recorded.id, reason=reason)
            identity = uuid7()
            document = encode(
                event, id=identity, subject=recorded.subject, time=event_time(), actor=running.caller.login,
                business_date=running.today, correlation="c",
            )  # fmt: skip
            command = command_id("reversal", recorded.id)
            fact = Fact(f"{recorded.subject}/sales", command, request_hash(event), identity, document)
            (verdict,) = await running.log.record([fact])
            if verdict.kind == "accepted":
                line: Any = recorded.event
                kind = "return" if isinstance(line, SaleReturned) else "sale"
                identity_of = (kind, line.source, line.invoice, line.product, str(line.quantity), str(line.unit_price),
                               str(line.line))  # fmt: skip
                key = "/".join(identity_of)
                BOOK.taken_back[key] = BOOK.taken_back.get(key, 0) + 1


IMPORTING = Importing(
    package="tiering", types=Types(SalesImportStarted, SalesImportCompleted, SalesImportUndone),
    reversal=SaleLineReversed, kinds=("sales",), sink=sink_of, undo=undo,
)  # fmt: skip


dealer_scope = StateTable(
    "dealer_scope", key={"dealer": uuid}, columns={"territory": text, "branch": text, "region": text}
)


SERVICE = Service(
    name="tiering", title="Imports", routers=[imports_of(IMPORTING)], tables=[dealer_scope, table_of(IMPORTING.types)],
    deciders=[IMPORTING.decider], problems=PROBLEMS,
)  # fmt: skip


class Kept:
    """A record as aiokafka hands it over."""

    def __init__(self, row: Any) -> None:
        self.topic, self.partition, self.offset = "tiering.events", row.partition, row.sequence - 1
        self.key, self.value = row.stream.partition("/")[0].encode(), row.document
        self.headers = ((HEADER, pack(row.placement)),)


class World:
    """One installation: `client` calls it, `worker()` is a process that does imports."""

    def __init__(self, urls: Any, pool: Any, runtime: Any, client: httpx.AsyncClient) -> None:
        self.urls, self.pool, self.runtime, self.client = urls, pool, runtime, client
        self.shown = dict.fromkeys(range(PARTITIONS), 0)

    async def follow(self) -> None:
        """Show what the log holds."""
        for partition in range(PARTITIONS):
            while rows := await self.runtime.log.read(partition, self.shown[partition], 1000):
                await self.runtime.projector.apply([Kept(row) for row in rows])
                self.shown[partition] = rows[-1].sequence

    def worker(self) -> ImportWorker:
        """A process's worker."""
        return ImportWorker(IMPORTING, self.runtime)

    async def send(self, content: bytes, name: str = "sales.csv", *, key: str = "", headers: Any = None,
                   **query: Any) -> httpx.Response:  # fmt: skip
        """POST /imports with the sample's profile unless another is named."""
        query = {"name": name, "profile": "online-retail-2009-10"} | query
        said = IMPORTER | {"Idempotency-Key": key or uuid4().hex, "Content-Type": "application/octet-stream"}
        params = {name: value for name, value in query.items() if value is not None}
        return await self.client.post("/imports", params=params, content=content, headers=said | (headers or {}))

    async def done(self, content: bytes, name: str = "sales.csv", **query: Any) -> dict[str, Any]:
        """Send a file, do the work, and answer how it ended."""
        sent = await self.send(content, name, **query)
        assert sent.status_code == 202, sent.text
        assert await self.worker().work() == 1
        return await self.get(sent.json()["id"])

    async def get(self, import_id: str) -> dict[str, Any]:
        """How it stands."""
        answer = await self.client.get(f"/imports/{import_id}", headers=IMPORTER)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def undo(self, import_id: str, key: str = "") -> httpx.Response:
        """Ask for an undo."""
        headers = IMPORTER | {"Idempotency-Key": key or uuid4().hex}
        return await self.client.post(f"/imports/{import_id}/undo", json={"reason": "Wrong file"}, headers=headers)

    async def count(self, kind: str = "^Sale(Recorded|Returned)$") -> int:
        """Events of a type in the log."""
        sql = "select count(*) from log.event where convert_from(document, 'UTF8')::jsonb ->> 'type' ~ $1"
        counted: int = await self.pool.fetchval(sql, kind)
        return counted


@asynccontextmanager
async def opened(urls: Any, folder: Path, **said: Any) -> AsyncIterator[World]:
    """A process on that database and folder."""
    pool = await connect_pool(urls.app, size=8)
    log = Log("tiering", pool, partitions=PARTITIONS)
    security = RowSecurity.of(urls.name)
    projector = Projector("tiering", SERVICE.tables, pool, PARTITIONS, security=security)
    await projector.start()
    reader = await Reader.connect(urls.reader)
    settings = settings_of(**({"currency": "GBP", "import_folder": str(folder), "wait_seconds": 5.0} | said))
    runtime = SERVICE.runtime(settings, log=log, reader=reader, pool=pool, projector=projector)
    app = SERVICE.application(settings, runtime=runtime)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tiering.test") as client:
        yield World(urls, pool, runtime, client)
    await reader.close()
    await pool.close()
