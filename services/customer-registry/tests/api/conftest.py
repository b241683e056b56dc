"""The registry on a real PostgreSQL; what it writes is projected at once, as its topic would hand it over."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest

from customer_registry.app import SERVICE
from eventlog.database import connect_pool
from eventlog.log import Log
from eventlog.projector import Projector
from eventlog.reading import LogRow
from events.placement import HEADER, key_of, pack
from service.migrations import migrate
from service.rls import RowSecurity
from service.scope import Reader
from service.testing import bearer, settings_of

TOPIC = "customer-registry.events"
HEAD = bearer("head_of_marketing", login="head")
MANAGER = bearer("branch_manager", branch="B1", login="manager")
GENERAL = bearer("branch_general_manager", branch="B1", login="general")
OTHER_MANAGER = bearer("branch_manager", branch="B2", login="other.manager")
WANG = bearer("sales_representative", territory="T1", login="wang")
IMPORTER = bearer("importer", login="erp-feed")
AUDITOR = bearer("auditor", login="auditor")
CHECKLIST = dict.fromkeys(
    ("distribution_capability", "capital_strength", "willingness", "legal_papers"), 4
)  # fmt: skip


class Kept(NamedTuple):
    """A record as aiokafka hands it over."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def record(row: LogRow) -> Kept:
    """An event of the log as its topic has it."""
    place = pack(row.placement)
    return Kept(TOPIC, row.partition, row.sequence - 1, key_of(row.stream).encode(), row.document, ((HEADER, place),))


@dataclass
class World:
    """The application with its client; `post` projects what was written before it returns."""

    http: httpx.AsyncClient
    log: Log
    projector: Projector
    pool: Any
    runtime: Any
    keys: Any = field(default_factory=itertools.count)

    async def project(self) -> None:
        for partition in range(self.log.partitions):
            at = self.projector.reached.get(("customer-registry", partition))
            rows = await self.log.read(partition, at.sequence if at else 0, 100_000)
            if rows:
                await self.projector.apply([record(row) for row in rows])

    async def post(self, path: str, body: Any = None, *, who: dict[str, str], match: str | None = None,
                   key: str | None = None, **options: Any) -> httpx.Response:  # fmt: skip
        headers = who | {"Idempotency-Key": key or f"k{next(self.keys)}"} | ({"If-Match": match} if match else {})
        headers |= options.pop("headers", {})
        given = options or {"json": body}
        answer = await self.http.post(path, headers=headers, **given)
        await self.project()
        return answer

    async def bulk(self, path: str, rows: list[Any], *, who: dict[str, str]) -> list[dict[str, Any]]:
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
        answer = await self.post(path, who=who, content=content, headers={"Content-Type": "application/x-ndjson"})
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    async def get(self, path: str, *, who: dict[str, str], **query: Any) -> httpx.Response:
        return await self.http.get(path, headers=who, params=query)

    async def events(self) -> int:
        return sum((await self.log.last()).values())

    async def submit(self, name: str, number: str, *, territory: str = "T1", who: dict[str, str] = MANAGER) -> Any:
        return await self.post("/dealers", submission(name, number, territory=territory), who=who)

    async def onboard(self, name: str, number: str) -> str:
        """A dealer of T1 through the three steps; its id."""
        sent = await self.submit(name, number)
        dealer = sent.json()["id"]
        read = await self.post(f"/dealers/{dealer}/review", {}, who=GENERAL, match=sent.headers["etag"])
        done = await self.post(f"/dealers/{dealer}/approve", {}, who=HEAD, match=read.headers["etag"])
        assert done.status_code == 200, done.text
        return str(dealer)


def submission(name: str, number: str, *, territory: str = "T1", **other: Any) -> dict[str, Any]:
    """What a branch hands in."""
    return {
        "name": name,
        "territory": territory,
        "channel_level": "retailer",
        "cooperation": "dealer",
        "references": [{"source": "ERP", "number": number}],
        "terms": {"method": "credit", "term_days": 30},
        "forecast_monthly_sales": "50000.00",
        "checklist": CHECKLIST,
    } | other


def said(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer, which must be of that status and code."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json", body
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
    """Two branches in two regions, three territories, one representative each in T1 and T3."""
    urls = await module_database("registry")
    migrate(urls.owner)
    await allow(urls)
    pool = await connect_pool(urls.app, size=8)
    log = Log(SERVICE.name, pool)
    await pool.execute("update log.lineage set opened = true, service = $1", SERVICE.name)
    projector = Projector(SERVICE.name, SERVICE.tables, pool, log.partitions, security=RowSecurity.of(urls.name))
    await projector.start()
    reader = await Reader.connect(urls.reader)
    settings = settings_of(database_url=urls.app, reader_database_url=urls.reader, body_bytes=20_000,
                           import_folder=str(tmp_path_factory.mktemp("imports")))  # fmt: skip
    runtime = SERVICE.runtime(settings, log=log, pool=pool, reader=reader, projector=projector)
    app = SERVICE.application(settings, runtime=runtime)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry") as http:
        made = World(http, log, projector, pool, runtime)
        await organise(made)
        yield made
    await reader.close()
    await pool.close()


async def organise(world: World) -> None:
    for code, region in (("B1", "R1"), ("B2", "R2")):
        await world.post("/regions", {"code": region, "name": f"Region {region}"}, who=HEAD)
        await world.post("/branches", {"code": code, "name": f"Branch {code}", "region": region}, who=HEAD)
    for code, branch, login in (("T1", "B1", "wang"), ("T2", "B1", None), ("T3", "B2", "zhao")):
        made = await world.post("/territories", {"code": code, "name": code, "branch": branch}, who=HEAD)
        assert made.status_code == 201, made.text
        if login:
            await world.post("/representatives", {"login": login, "name": login, "branch": branch}, who=HEAD)
            body = {"representative": login, "since": "2024-05-06"}
            done = await world.post(f"/territories/{code}/representative", body, who=HEAD, match=made.headers["etag"])
            assert done.status_code == 200, done.text
