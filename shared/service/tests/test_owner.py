"""What a topic lost is asked from its log's owner, over HTTP, and a partition stops only where nobody has it."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete
from fastapi import FastAPI

from eventlog.act import Act
from eventlog.projection import Patch, StateTable, text, uuid
from eventlog.reactions import Reaction
from eventlog.testing import REGION, meta
from eventlog.topics import topic_of
from events import Decider, Event, OrderPlaced, RegionDefined
from events.placement import unpack
from service.app import Service
from service.moments import cut_at
from service.problems import Problem
from service.settings import Settings
from service.testing import bearer

dealer_scope = StateTable(
    "dealer_scope", key={"dealer": uuid}, columns={"territory": text, "branch": text, "region": text}
)
region = StateTable("region", key={"code": text}, columns={"name": text})
first_order = Reaction("first-order")


@region.on(RegionDefined, uses=("code", "name"))
def defined(e: Any) -> Patch:
    return Patch(key=(e.data.code,), set={"name": e.data.name})


class Orders(msgspec.Struct, frozen=True):
    numbers: tuple[str, ...] = ()


def decide(state: Orders, command: OrderPlaced) -> list[Event]:
    return [command]


def evolve(state: Orders, event: OrderPlaced) -> Orders:
    return Orders((*state.numbers, event.number))


ORDERS: Decider[Any, Any] = Decider("credit-rating", "orders", Orders, decide, evolve)


@first_order.on(RegionDefined, uses=("code",))
def ordered(e: Any) -> Act:
    placed = OrderPlaced(
        number=e.data.code, amount=Decimal(1), currency="CNY", prepaid=False, ordered_on=date(2026, 1, 2)
    )
    return Act(ORDERS, e.subject, placed)


OWNER = Service(name="customer-registry", title="Owner", routers=[], tables=[dealer_scope])
FOLLOWER = Service(
    name="credit-rating", title="Follower", routers=[], tables=[dealer_scope, region], reactions=[first_order]
)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def running(service: Service, settings: Settings) -> AsyncIterator[FastAPI]:
    app = service.application(settings)
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def answering(app: FastAPI, port: int) -> AsyncIterator[str]:
    """Serve an application that is running already."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here", timeout=30)


async def define(app: FastAPI, codes: range) -> None:
    for number in codes:
        code = f"R{number}"
        event = RegionDefined(code=code, name=f"Region {number}")
        await app.state.runtime.log.handle(REGION, f"region-{code}", event, meta(f"{code}"))


class Scene:
    """An owner that runs, and what can be done to its topic."""

    def __init__(self, app: FastAPI, settings: Settings, admin: Any, until: Any) -> None:
        self.app, self.settings, self.admin, self.until = app, settings, admin, until
        self.pool = app.state.runtime.pool

    async def published(self) -> None:
        async def all_of_it() -> bool:
            return bool(
                await self.pool.fetchval(
                    "select (select count(*) from log.event) = (select coalesce(sum(sequence), 0) from log.mark)"
                )
            )

        await self.until(all_of_it)

    async def lose(self) -> None:
        """Delete every record that the topic holds now."""
        await self.published()
        topic = topic_of("customer-registry", self.settings.kafka_topic_prefix)
        rows = await self.pool.fetch("select partition, kafka_offset from log.mark")
        assert len(rows) == 2
        await self.admin.delete_records(
            {TopicPartition(topic, row["partition"]): RecordsToDelete(row["kafka_offset"] + 1) for row in rows}
        )


@pytest.fixture
async def owner(deploy: Any, admin: Any, until: Any) -> AsyncIterator[Scene]:
    settings = await deploy("customer-registry")
    async with running(OWNER, settings) as app:
        await until(lambda: app.state.runtime.pool.fetchval("select opened from log.lineage"))
        yield Scene(app, settings, admin, until)


async def codes(app: FastAPI) -> list[str]:
    pool = app.state.runtime.pool
    shown = {row["code"] for row in await pool.fetch("select code from g1.region")}
    rows = await pool.fetch("select convert_from(document, 'UTF8')::json -> 'data' ->> 'number' as code from log.event")
    answered = [row["code"] for row in rows]
    assert len(answered) == len(set(answered))
    return sorted(shown & set(answered), key=lambda code: int(code[1:]))


async def test_what_a_topic_lost_is_filled_from_its_owner_at_the_beginning_and_below_a_position(
    owner: Scene, deploy: Any, until: Any
) -> None:
    await define(owner.app, range(12))
    await owner.lose()
    await define(owner.app, range(12, 20))
    async with answering(owner.app, free_port()) as url:
        settings = await deploy("credit-rating", peers=f"customer-registry={url}")

        async def knows(app: FastAPI, count: int) -> bool:
            return await codes(app) == [f"R{number}" for number in range(count)]

        async with running(FOLLOWER, settings) as app:
            await until(lambda: knows(app, 20))
        await define(owner.app, range(20, 30))
        await owner.lose()
        await define(owner.app, range(30, 40))
        async with running(FOLLOWER, settings) as app:
            await until(lambda: knows(app, 40))
            assert not app.state.runtime.projector.stopped
            await define(owner.app, range(40, 42))
            await until(lambda: knows(app, 42))


async def test_without_an_address_the_partition_stops_and_says_what_to_do(
    owner: Scene, deploy: Any, until: Any
) -> None:
    await define(owner.app, range(12))
    await owner.lose()
    await define(owner.app, range(12, 20))
    async with running(FOLLOWER, await deploy("credit-rating")) as app, client(app) as http:

        async def both_stop() -> Any:
            standing = (await http.get("/ops/standing", headers=bearer("operator"))).json()
            return standing if len(standing["stopped"]) == 4 else None

        standing = await until(both_stop)
        assert {(each["reader"], each["partition"]) for each in standing["stopped"]} == {
            (reader, partition) for reader in ("tables", "first-order") for partition in (0, 1)
        }
        ready = (await http.get("/health/ready")).json()
        assert "name its owner in PEERS (customer-registry=http://…)" in ready["notices"]["consumer of tables"]
        assert (
            'dealerlog_stopped_partitions{reader="tables",source="customer-registry"} 2.0'
            in (await http.get("/metrics")).text
        )
        assert (await http.get("/health/live")).status_code == 200


async def test_a_silent_owner_is_named_and_asked_until_it_answers(owner: Scene, deploy: Any, until: Any) -> None:
    await define(owner.app, range(12))
    await owner.lose()
    await define(owner.app, range(12, 20))
    port = free_port()
    settings = await deploy("credit-rating", peers=f"customer-registry=http://127.0.0.1:{port}")
    async with running(FOLLOWER, settings) as app, client(app) as http, AsyncExitStack() as later:

        async def told() -> bool:
            notices = (await http.get("/health/ready")).json()["notices"]
            return f"127.0.0.1:{port} does not answer" in notices.get("consumer of tables", "")

        await until(told)
        assert not app.state.runtime.projector.stopped
        await later.enter_async_context(answering(owner.app, port))

        async def complete() -> bool:
            return len(await codes(app)) == 20

        await until(complete)

        async def calm() -> bool:
            return not (await http.get("/health/ready")).json()["notices"]

        await until(calm)


async def test_an_owner_answers_what_kafka_acknowledged_to_those_who_may_read_logs(owner: Scene) -> None:
    await define(owner.app, range(12))
    await owner.published()
    path = "/ops/log/1/events"
    async with client(owner.app) as http:
        answer = await http.get(path, params={"after": 1, "limit": 2}, headers=bearer("service"))
        lines = [json.loads(line) for line in answer.text.splitlines()]
        placements = [unpack(base64.b64decode(line["placement"])) for line in lines]
        assert [(each.partition, each.sequence) for each in placements] == [(1, 2), (1, 3)]
        held = await owner.pool.fetch("select document from log.event where partition = 1 and sequence in (2, 3)")
        assert {base64.b64decode(line["document"]) for line in lines} == {bytes(row["document"]) for row in held}
        assert [base64.b64decode(line["key"]).decode() for line in lines] == [
            each.stream.removesuffix("/region") for each in placements
        ]
        await owner.pool.execute("update log.mark set sequence = 2 where partition = 1")
        behind = await http.get(path, params={"after": 1}, headers=bearer("operator"))
        assert len(behind.text.splitlines()) == 1
        assert (await http.get(path, headers=bearer("importer"))).status_code == 403
        assert (await http.get("/ops/positions", headers=bearer("service"))).status_code == 403
        assert (await http.get("/ops/log/2/events", headers=bearer("auditor"))).status_code == 404
        assert (await http.get(path, params={"limit": 1001}, headers=bearer("auditor"))).status_code == 422
        assert path.replace("1", "{partition}") in owner.app.openapi()["paths"]


async def test_an_owner_turns_a_moment_into_the_same_cut_whenever_it_is_asked(owner: Scene) -> None:
    await define(owner.app, range(6))
    moment = datetime.now(UTC)
    await asyncio.sleep(0.01)
    ends = await owner.app.state.runtime.log.last()
    async with client(owner.app) as http:
        at = {"at": moment.isoformat()}
        first = await http.get("/ops/log/cut", params=at, headers=bearer("service"))
        await define(owner.app, range(6, 9))
        again = await http.get("/ops/log/cut", params=at, headers=bearer("auditor"))
        assert first.json()["cut"] == {"customer-registry": {str(p): last for p, last in ends.items()}}
        assert again.json() == first.json() and ends != await owner.app.state.runtime.log.last()
        ahead = {"at": (moment + timedelta(hours=1)).isoformat()}
        assert (await http.get("/ops/log/cut", params=ahead, headers=bearer("service"))).status_code == 422
        zoneless = {"at": "2026-03-31T18:00:00"}
        assert (await http.get("/ops/log/cut", params=zoneless, headers=bearer("service"))).status_code == 422
        assert (await http.get("/ops/log/cut", params=at, headers=bearer("importer"))).status_code == 403
        await owner.pool.execute("update log.lineage set opened = false")
        refused = await http.get("/ops/log/cut", params=at, headers=bearer("service"))
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:dealerlog:problem:log-closed")
        await owner.pool.execute("update log.lineage set opened = true")


async def test_a_moment_is_asked_from_every_owner_and_one_that_is_away_is_named(
    owner: Scene, deploy: Any, until: Any
) -> None:
    await define(owner.app, range(6))
    port = free_port()
    settings = await deploy("credit-rating", peers=f"customer-registry=http://127.0.0.1:{port}")
    both = ("customer-registry", "credit-rating")
    async with running(FOLLOWER, settings) as app, AsyncExitStack() as later:
        await until(lambda: app.state.runtime.pool.fetchval("select opened from log.lineage"))
        moment = datetime.now(UTC)
        await asyncio.sleep(0.01)
        with pytest.raises(Problem, match="customer-registry") as away:
            await cut_at(app.state.runtime, both, moment)
        assert (away.value.code, away.value.extras) == ("owner-away", {"service": "customer-registry"})
        with pytest.raises(Problem, match="name its owner in PEERS"):
            await cut_at(app.state.runtime, ("tiering",), moment)
        with pytest.raises(Problem, match="not past") as ahead:
            await cut_at(app.state.runtime, both, moment + timedelta(hours=1))
        assert ahead.value.code == "invalid"
        await later.enter_async_context(answering(owner.app, port))

        async def answered() -> Any:
            try:
                return await cut_at(app.state.runtime, both, moment)
            except Problem:
                return None

        cut = await until(answered)
        assert cut["customer-registry"] == await owner.app.state.runtime.log.last()
        assert cut == await cut_at(app.state.runtime, both, moment)
