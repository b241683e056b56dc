"""Tiering on a real PostgreSQL; its events, and those that the registry is said to have sent, are projected at once."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import httpx
import pytest

from eventlog.database import connect_pool
from eventlog.log import Log
from eventlog.projector import Projector
from events import DealerOnboarded, Event, VisitLogged
from events.envelope import encode
from events.ids import uuid7
from events.placement import HEADER, Placement, key_of, pack, partition_of
from service.migrations import migrate
from service.rls import RowSecurity
from service.runtime import Runtime
from service.scope import Reader
from service.testing import bearer, settings_of
from tiering.app import SERVICE
from tiering.published_policies import POLICIES

TODAY = date(2026, 1, 10)
HEAD = bearer("head_of_marketing", login="head")
FEED = bearer("importer", login="erp-feed")
AUDITOR = bearer("auditor", login="auditor")
BRANCH_1 = bearer("branch_manager", branch="B1", login="manager")
BRANCH_2 = bearer("branch_manager", branch="B2", login="manager.south")
WANG = bearer("sales_representative", territory="T1", login="wang")
REGISTRY = "customer-registry"
SLICE = 5_000


class Kept(NamedTuple):
    """A record as aiokafka hands it over."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def kept(source: str, placement: Placement, document: bytes) -> Kept:
    """An event as the topic of its source has it."""
    key = key_of(placement.stream).encode()
    headers = ((HEADER, pack(placement)),)
    return Kept(f"{source}.events", placement.partition, placement.sequence - 1, key, document, headers)


@dataclass
class World:
    """The application with its client; what is written is projected before `post` returns."""

    http: httpx.AsyncClient
    runtime: Runtime
    keys: Any = field(default_factory=itertools.count)
    told: dict[int, list[UUID]] = field(default_factory=dict)
    staged: list[Kept] = field(default_factory=list)
    sent: list[Kept] = field(default_factory=list)

    async def tell(self, event: Event, dealer: str) -> None:
        """The registry published this."""
        self.stage(event, dealer)
        await self.tell_staged()

    def stage(self, event: Event, dealer: str) -> None:
        """The registry is about to publish this."""
        stream, identity = f"{dealer}/{event.event_type.stream}", uuid7()
        partition = partition_of(dealer, 12)
        before = self.told.setdefault(partition, [])
        document = encode(event, id=identity, subject=dealer, time=datetime.now(UTC), actor="a", business_date=TODAY,
                          correlation="c")  # fmt: skip
        placement = Placement(partition, len(before) + 1, before[-1] if before else None, 1, stream, len(before) + 1,
                              identity, bytes(32), 1, 1, 1_767_312_000_000_000)  # fmt: skip
        before.append(identity)
        self.staged.append(kept(REGISTRY, placement, document))

    async def tell_staged(self) -> None:
        """What is staged arrives."""
        staged, self.staged = self.staged, []
        self.sent += staged
        await self.runtime.projector.apply(staged)

    async def dealer(self, code: str, territory: str = "T1", *, branch: str = "B1", on: date = date(2024, 1, 1)) -> str:
        """An onboarded dealer, known to ERP by its code."""
        dealer = str(uuid7())
        await self.tell(
            DealerOnboarded(
                code=code, name=f"Dealer {code}", territory=territory, branch=branch, region="R1",
                channel_level="retailer", cooperation="dealer", references=({"source": "ERP", "number": code},),
                terms={"method": "credit", "term_days": 30}, forecast_monthly_sales=Decimal(1), submitted_by="a",
                reviewed_by="b", approved_by="c", onboarded_on=on,
            ), dealer,
        )  # fmt: skip
        return dealer

    async def visit(self, dealer: str, on: date, method: str = "visit") -> None:
        """A contact that the registry logged."""
        said = "something of substance"
        await self.tell(
            VisitLogged(visited_on=on, method=method, place="x", participants=(), content=said, succeeded=said,
                        fell_short=said, lesson=said, representative="wang"), dealer,
        )  # fmt: skip

    async def project(self) -> None:
        log, projector = self.runtime.log, self.runtime.projector
        for partition in range(log.partitions):
            at = projector.reached.get(("tiering", partition))
            while rows := await log.read(partition, at.sequence if at else 0, SLICE):
                records = [kept("tiering", row.placement, row.document) for row in rows]
                self.sent += records
                await projector.apply(records)
                at = projector.reached[("tiering", partition)]

    async def post(self, path: str, body: Any = None, *, who: dict[str, str], key: str | None = None,
                   **options: Any) -> httpx.Response:  # fmt: skip
        headers = who | {"Idempotency-Key": key or f"k{next(self.keys)}"} | options.pop("headers", {})
        answer = await self.http.post(path, headers=headers, **(options or {"json": body}))
        await self.project()
        return answer

    async def bulk(self, rows: list[Any], *, who: dict[str, str] = FEED) -> list[dict[str, Any]]:
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
        headers = {"Content-Type": "application/x-ndjson"}
        answer = await self.post("/sales:bulk", who=who, content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        return [json.loads(each) for each in answer.text.splitlines()]

    async def get(self, path: str, *, who: dict[str, str] = AUDITOR, **query: Any) -> httpx.Response:
        return await self.http.get(path, headers=who, params=query)

    async def events(self) -> int:
        return sum((await self.runtime.log.last()).values())


def line(code: str, invoice: str, amount: str = "100", **other: Any) -> dict[str, Any]:
    """A sale of one piece at this price."""
    return {
        "dealer": {"source": "ERP", "number": code}, "source": "ERP", "invoice": invoice, "product": "P1",
        "quantity": "1", "unit_price": amount, "currency": "CNY", "sold_on": "2025-06-01",
    } | other  # fmt: skip


def said(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer, which must be of that status and code."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["type"]) == (status, f"urn:dealerlog:problem:{code}"), body
    return body


async def allow(urls: Any) -> None:
    """The rights on `projection` that a generation's writer and reader need."""
    owner = await asyncpg.connect(urls.owner)
    await owner.execute(f"grant usage on schema projection to {urls.name}_app, {urls.name}_reader")
    await owner.execute(f"grant select, insert, update, delete on all tables in schema projection to {urls.name}_app")
    await owner.execute(f"grant select on all tables in schema projection to {urls.name}_reader")
    await owner.close()


@pytest.fixture(scope="module")
async def world(module_database: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The service with its shipped policy and no dealer."""
    urls = await module_database("tiering")
    migrate(urls.owner)
    await allow(urls)
    pool = await connect_pool(urls.app, size=12)
    log = Log(SERVICE.name, pool)
    await pool.execute("update log.lineage set opened = true, service = $1", SERVICE.name)
    projector = Projector(SERVICE.name, SERVICE.tables, pool, log.partitions, security=RowSecurity.of(urls.name))
    await projector.start()
    reader = await Reader.connect(urls.reader)
    settings = settings_of(database_url=urls.app, reader_database_url=urls.reader, body_bytes=20_000,
                           business_date=TODAY, import_folder=str(tmp_path_factory.mktemp("imports")))  # fmt: skip
    runtime = SERVICE.runtime(settings, log=log, pool=pool, reader=reader, projector=projector)
    app = SERVICE.application(settings, runtime=runtime)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tiering") as http:
        made = World(http, runtime)
        await POLICIES.publish_shipped(log, TODAY)
        await made.project()
        yield made
    await reader.close()
    await pool.close()
