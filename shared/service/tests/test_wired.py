"""A small service as it is deployed: HTTP → log → Kafka → table, reaction and clock; its figures and its health."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from aiokafka.admin import NewTopic
from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict

from eventlog.act import Act
from eventlog.clock import Clock, Duty, due_table
from eventlog.projection import FactsTable, Patch, StateTable, text, uuid
from eventlog.reactions import Reaction
from eventlog.topics import topic_of
from events import CreditFileOpened, CreditReviewOpened, Decider, Event, InvoiceIssued, OrderPlaced
from service.app import Service
from service.context import Write
from service.facts import record_rows
from service.routing import Router
from service.settings import Settings
from service.testing import bearer

TODAY = date(2026, 3, 31)
DEALER = "0190a6c2-0000-7000-8000-000000000001"
OTHER = "0190a6c2-0000-7000-8000-000000000002"


class Credit(msgspec.Struct, frozen=True):
    reviews: tuple[date, ...] = ()


def decide(state: Credit, command: Event) -> list[Event]:
    due = getattr(command, "review_due", None)
    return [] if isinstance(command, CreditReviewOpened) and due in state.reviews else [command]


def evolve(state: Credit, event: Event) -> Credit:
    return Credit((*state.reviews, event.review_due)) if isinstance(event, CreditReviewOpened) else state


CREDIT: Decider[Any, Any] = Decider("credit-rating", "credit", Credit, decide, evolve)
ORDERS: Decider[Any, Any] = Decider("credit-rating", "orders", Credit, decide, evolve)

dealer_scope = StateTable(
    "dealer_scope", key={"dealer": uuid}, columns={"territory": text, "branch": text, "region": text}
)
due = due_table()
invoice = FactsTable("invoice", columns={"dealer": uuid, "number": text}, scope="dealer")
opening_order = Reaction("opening-order")


@due.on(CreditFileOpened, uses=("review_due",))
def review_due(e: Any) -> Patch:
    return Patch(key=("open-review", e.subject, e.data.review_due))


@invoice.on(InvoiceIssued, uses=("number",))
def issued(e: Any) -> dict[str, Any]:
    if e.data.number == "defect":
        raise ZeroDivisionError("a defect")
    return {"dealer": e.subject, "number": e.data.number}


@opening_order.on(CreditFileOpened, uses=("opened_on",))
def ordered(e: Any) -> Act:
    on = date.fromisoformat(e.data.opened_on) if isinstance(e.data.opened_on, str) else e.data.opened_on
    return Act(
        ORDERS, e.subject, OrderPlaced(number="1", amount=Decimal(1), currency="CNY", prepaid=True, ordered_on=on)
    )


def open_review(subject: str, on: date) -> Act:
    return Act(CREDIT, subject, CreditReviewOpened(review_due=on, opened_on=on))


class OpenFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    review_due: date


class Numbers(BaseModel):
    model_config = ConfigDict(extra="forbid")
    numbers: list[str]


class File(BaseModel):
    review_due: date


router = Router("credit")


@router.post("/dealers/{dealer}/credit-file", permission="credit.open", answers=File)
async def open_file(dealer: UUID, body: OpenFile, write: Write) -> Response:
    """Open a file."""
    event = CreditFileOpened(opened_on=write.today, review_due=body.review_due)
    return write.answer(await write.handle(CREDIT, str(dealer), event), File(review_due=body.review_due))


@router.post("/dealers/{dealer}/invoices", permission="credit.open", answers=Numbers)
async def invoices(dealer: UUID, body: Numbers, write: Write) -> Response:
    """Many, the way bulk and imports write them."""
    facts = [write.fact(made(number), key=str(dealer), natural=("ERP", number)) for number in body.numbers]
    await record_rows(write.runtime.log, list(enumerate(facts)))
    return write.answer(None, body)


def made(number: str) -> InvoiceIssued:
    return InvoiceIssued(
        source="ERP", number=number, amount=Decimal(9), currency="CNY", issued_on=TODAY, due_on=TODAY, method="credit",
        term_days=30, order=None,
    )  # fmt: skip


SERVICE = Service(
    name="credit-rating", title="Wired", routers=[router], tables=[dealer_scope, due, invoice],
    reactions=[opening_order], clock=[Duty("open-review", open_review)],
    permissions={"credit.open": ("credit_controller",)},
)  # fmt: skip


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.loops.CLOCK_SECONDS", 0.2)
    monkeypatch.setattr("service.health.REMEMBERED_SECONDS", 0)


@pytest.fixture
async def settings(deploy: Any) -> Settings:
    made: Settings = await deploy("credit-rating", business_date=TODAY, wait_seconds=20, drain_seconds=3)
    return made


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    app = SERVICE.application(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://wired", timeout=30) as http,
    ):
        yield app, http


async def opened(app: FastAPI) -> bool:
    return bool(await app.state.runtime.pool.fetchval("select opened from log.lineage"))


async def write(http: httpx.AsyncClient, path: str, body: dict[str, Any], key: str) -> httpx.Response:
    headers = bearer("credit_controller") | {"Idempotency-Key": key}
    answer = await http.post(path, headers=headers, json=body)
    assert answer.status_code == 201, answer.text
    return answer


async def types(app: FastAPI) -> list[tuple[str, str, str]]:
    rows = await app.state.runtime.pool.fetch(
        "select d ->> 'type' as type, d ->> 'actor' as actor, d ->> 'businessdate' as day "
        "from (select convert_from(document, 'UTF8')::json as d from log.event) e"
    )
    return sorted((row["type"].rpartition(".")[2], row["actor"], row["day"]) for row in rows)


async def figures(http: httpx.AsyncClient) -> dict[str, float]:
    lines = re.findall(r"^(dealerlog_\S+?)(?:\{(.*)\})? ([-\d.e+]+)$", (await http.get("/metrics")).text, re.M)
    return {name + "".join(re.findall(r'="([^"]*)"', labels)): float(value) for name, labels, value in lines}


async def total(http: httpx.AsyncClient, prefix: str) -> float:
    return sum(value for name, value in (await figures(http)).items() if name.startswith(prefix))


async def test_a_request_a_reaction_and_the_clock_each_write_once_across_a_restart(
    settings: Settings, until: Any
) -> None:
    expected = [
        ("CreditFileOpened", "credit-controller", "2026-03-31"),
        ("CreditReviewOpened", "clock", "2026-03-30"),
        ("OrderPlaced", "reaction:opening-order", "2026-03-31"),
    ]
    async with running(settings) as (app, http):
        await until(lambda: opened(app))
        await write(http, f"/dealers/{DEALER}/credit-file", {"review_due": "2026-03-30"}, "one")
        await write(http, f"/dealers/{OTHER}/credit-file", {"review_due": "2026-04-01"}, "not due yet")

        async def all_of_it() -> bool:
            return len(await types(app)) == 5

        await until(all_of_it)
        assert await types(app) == sorted([*expected, expected[0], expected[2]])
        assert await total(http, "dealerlog_reactions_totalopening-order") == 2
        assert await total(http, "dealerlog_appended_events_total") == 5
        await app.state.runtime.pool.execute("delete from projection.issued")
    async with running(settings) as (app, http):
        await until(lambda: app.state.runtime.pool.fetchval("select count(*) from projection.issued"))
        await app.state.runtime.pool.execute("delete from projection.position where reader like 'reaction:%'")
    async with running(settings) as (app, http):

        async def reacted() -> bool:
            seen = await app.state.runtime.pool.fetchval(
                "select sum(sequence) from projection.position where reader like 'reaction:%'"
            )
            return bool(seen == 5)

        await until(reacted)
        assert len(await types(app)) == 5
        assert await total(http, "dealerlog_appended_events_total") == 0
        said = (await http.get("/health/live")).json()
        assert said == {"status": "ok", "loops": {"publisher": "ok", "consumer": "ok", "clock": "ok"}}


async def test_figures_move_with_what_happens(settings: Settings, until: Any) -> None:
    async with running(settings) as (app, http):
        await until(lambda: opened(app))
        invoices = f"/dealers/{DEALER}/invoices"
        await write(http, invoices, {"numbers": ["A", "B", "C", "A"]}, "bulk")

        async def applied() -> bool:
            found = await figures(http)
            return found["dealerlog_applied_events_total"] == 3 and found["dealerlog_backlog_events"] == 0

        await until(applied)
        found = await figures(http)
        assert found["dealerlog_appended_events_total"] == found["dealerlog_published_events_total"] == 3
        assert found["dealerlog_log_events"] == 3 and found["dealerlog_backlog_seconds"] == 0
        assert found["dealerlog_lag_secondstablescredit-rating"] == 0

        async with app.state.runtime.projector.lock:  # the tables stand still
            await write(http, invoices, {"numbers": ["D", "E"]}, "late")

            async def behind() -> bool:
                found = await figures(http)
                age = found["dealerlog_lag_secondstablescredit-rating"]
                return 0.3 < age < 40 and await total(http, "dealerlog_lag_events") >= 2

            await until(behind)
            standing = (await http.get("/ops/standing", headers=bearer("auditor"))).json()
            (lag,) = [each for each in standing["lag"] if each["reader"] == "tables"]
            assert lag["lag_events"] == 2 and lag["lag_seconds"] > 0.3

        async def caught_up() -> bool:
            found = await figures(http)
            return found["dealerlog_lag_secondstablescredit-rating"] == 0 == await total(http, "dealerlog_lag_events")

        await until(caught_up)
        for events, number in enumerate(("defect", "behind it"), 1):
            await write(http, invoices, {"numbers": [number]}, number)

            async def parked(events: int = events) -> bool:
                found = await figures(http)
                return (found["dealerlog_parked_streams"], found["dealerlog_parked_events"]) == (1, events)

            await until(parked)
        standing = (await http.get("/ops/standing", headers=bearer("operator"))).json()
        assert [each["stream"] for each in standing["parked"]] == [f"{DEALER}/ledger"]
        assert standing["log"]["events"] == 7
        assert [each["serves"] for each in standing["generations"]] == [True]
        assert {each["reader"]: each["events"] for each in standing["readers"]}["g1"] == 7
        (schema,) = (app.openapi()["paths"]["/ops/standing"]["get"]["responses"]["200"]["content"]).values()
        assert schema["schema"] == {"$ref": "#/components/schemas/StandingView"}

    alone = settings.model_copy(update={"roles": "api", "kafka_bootstrap_servers": "127.0.0.1:1"})
    async with running(alone) as (app, http):
        assert (await http.get("/health/ready")).json()["checks"] == {"database": "ok"}
        await write(http, invoices, {"numbers": ["unpublished"]}, "unpublished")
        await asyncio.sleep(0.3)
        found = await figures(http)
        assert found["dealerlog_backlog_events"] == 1 and 0.3 <= found["dealerlog_backlog_seconds"] < 40


WEDGES = {
    "publisher": ("publisher", lambda runtime: runtime.log, "last"),
    "tables": ("consumer", lambda runtime: runtime.projector, "_persist"),
    "reaction": ("consumer", lambda runtime: runtime.reactors[0], "_answer"),
    "clock": ("clock", lambda runtime: Clock, "_issue"),
}


@pytest.mark.parametrize("wedge", WEDGES)
async def test_a_wedged_loop_turns_liveness_red(
    wedge: str, settings: Settings, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.loops.STALE_SECONDS", 2.5)
    loop, place, function = WEDGES[wedge]
    wedged, released = asyncio.Event(), asyncio.Event()

    async def hang(*_: Any, **__: Any) -> Any:
        wedged.set()
        await released.wait()
        return {} if wedge == "publisher" else False

    async with running(settings) as (app, http):
        runtime = app.state.runtime
        await until(lambda: opened(app))
        await write(http, f"/dealers/{DEALER}/credit-file", {"review_due": "2026-01-01"}, "before")
        await until(lambda: runtime.pool.fetchval("select count(*) from projection.issued"))
        assert (await http.get("/health/live")).status_code == 200
        monkeypatch.setattr(place(runtime), function, hang)
        await write(http, f"/dealers/{OTHER}/credit-file", {"review_due": "2026-01-02"}, "wedges it")
        await asyncio.wait_for(wedged.wait(), 20)

        async def red() -> Any:
            answer = await http.get("/health/live")
            return answer.status_code == 503 and answer.json()["loops"]

        said = await until(red)
        assert said.pop(loop).startswith("no progress for") and set(said.values()) == {"ok"}
        monkeypatch.undo()
        released.set()


async def test_a_process_without_kafka_waits_and_is_not_ready(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"})
    async with running(nowhere) as (_, http):
        await asyncio.sleep(1)
        answer = await http.get("/health/ready")
        assert answer.status_code == 503 and answer.json()["checks"]["database"] == "ok"
        assert answer.json()["checks"]["kafka"] == "KafkaConnectionError"
        assert (await http.get("/health/live")).status_code == 200


async def test_lost_database_connections_end_no_loop(settings: Settings, until: Any) -> None:
    async with running(settings) as (app, http):
        await until(lambda: opened(app))
        await app.state.runtime.pool.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and usename = current_user and pid <> pg_backend_pid()"
        )
        await asyncio.sleep(0.5)

        async def wrote() -> bool:
            headers = bearer("credit_controller") | {"Idempotency-Key": "after"}
            answer = await http.post(f"/dealers/{DEALER}/invoices", headers=headers, json={"numbers": ["A"]})
            return answer.status_code == 201

        await until(wrote)

        async def applied() -> bool:
            return (await figures(http))["dealerlog_applied_events_total"] == 1

        await until(applied)
        assert (await http.get("/health/live")).status_code == 200


async def test_a_topic_that_was_away_and_came_back_is_followed_again(
    settings: Settings, until: Any, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.loops.METADATA_MS", 500)
    topic = topic_of("credit-rating", settings.kafka_topic_prefix)
    async with running(settings.model_copy(update={"roles": "worker"})) as (app, _):
        consuming = app.state.runtime.figures.consuming["tables"]

        async def follows(partitions: int) -> bool:
            return len(consuming.assignment) == partitions

        await until(lambda: follows(settings.partitions))
        await admin.delete_topics([topic])
        await until(lambda: follows(0))
        await admin.create_topics([NewTopic(topic, settings.partitions, 1)])
        await until(lambda: follows(settings.partitions))


async def test_a_publisher_that_stopped_says_why_and_what_to_do(settings: Settings, until: Any, admin: Any) -> None:
    async with running(settings) as (app, http):
        await until(lambda: opened(app))
        await write(http, f"/dealers/{DEALER}/invoices", {"numbers": ["A"]}, "one")

        async def published() -> bool:
            return (await figures(http))["dealerlog_published_events_total"] == 1

        await until(published)
    topic = topic_of("credit-rating", settings.kafka_topic_prefix)
    await admin.delete_topics([topic])
    await asyncio.sleep(1)
    await admin.create_topics([NewTopic(topic, settings.partitions, 1)])
    async with running(settings) as (_, http):

        async def told() -> Any:
            return (await http.get("/health/ready")).json()["notices"].get("publisher")

        assert "run republish" in await until(told)
        assert await total(http, "dealerlog_publisher_stopped") == 1
        standing = (await http.get("/ops/standing", headers=bearer("operator"))).json()
        assert "run republish" in standing["log"]["publisher_stopped"]
        assert (await http.get("/health/live")).status_code == 200
