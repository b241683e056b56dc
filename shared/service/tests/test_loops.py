"""What counts as a consumer that goes round."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError

from eventlog.publisher import Publisher
from service.health import Health, Heart
from service.loops import _publishing, excuse, went_round
from service.testing import settings_of


def consuming(*, broken: bool = False, behind: int = 0, unheard: bool = False, applying: bool = False) -> Any:
    reader = SimpleNamespace(stopped={}, turned_at=5.0)
    said = {"broken": broken, "unheard": unheard, "applying": applying, "lag": lambda: {("tiering", 0): behind}}
    return SimpleNamespace(reader=reader, turned_at=7.0, **said)


def now(turned_at: float) -> bool:
    return turned_at >= time.monotonic() - 1


def test_nothing_to_do_is_progress_and_a_lag_counts_from_the_last_batch() -> None:
    assert now(went_round(consuming()))
    assert went_round(consuming(behind=3)) == 7.0


def test_a_client_whose_fetching_ended_makes_no_progress_although_no_lag_is_seen() -> None:
    assert went_round(consuming(broken=True)) == 7.0


def test_a_consumer_that_kafka_does_not_answer_waits_and_one_that_hangs_in_a_batch_does_not() -> None:
    assert now(went_round(consuming(behind=3, unheard=True)))
    assert went_round(consuming(behind=3, unheard=True, applying=True)) == 7.0


async def asked(publisher: Any, answer: Exception | None, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether Kafka was asked at all, by somebody who looks again and again."""
    questions = 0

    async def require(topics: list[str]) -> None:
        nonlocal questions
        questions += 1
        if answer is not None:
            raise answer

    monkeypatch.setattr("service.loops.KAFKA_SECONDS", 0.0)
    looking = asyncio.create_task(excuse(publisher, SimpleNamespace(require=require), "t"))  # type: ignore[arg-type]
    for _ in range(20):
        await asyncio.sleep(0)
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking
    return questions > 0


async def test_a_publisher_that_kafka_does_not_answer_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = SimpleNamespace(turned_at=time.monotonic() - 10)
    assert await asked(publisher, KafkaConnectionError("away"), monkeypatch)
    assert now(publisher.turned_at)


async def test_a_publisher_that_hangs_although_kafka_answers_is_not_excused(monkeypatch: pytest.MonkeyPatch) -> None:
    hung = time.monotonic() - 10
    publisher = SimpleNamespace(turned_at=hung)
    assert await asked(publisher, None, monkeypatch)
    assert publisher.turned_at == hung


async def test_a_publisher_that_goes_round_costs_kafka_no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not await asked(SimpleNamespace(turned_at=time.monotonic()), None, monkeypatch)


async def test_a_connection_that_breaks_within_a_commit_does_not_end_the_publisher(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds, stopping = 0, asyncio.Event()

    async def run(self: Publisher) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")
        stopping.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Publisher, "run", run)
    monkeypatch.setattr("service.loops.DATABASE_SECONDS", 0.0)
    runtime: Any = SimpleNamespace(name="tiering", settings=settings_of(), log=SimpleNamespace(), health=Health())
    figures: Any = SimpleNamespace(kafka=None, publisher=None)
    await asyncio.wait_for(_publishing(runtime, figures).run(Heart("publisher", 20.0), stopping), 5)
    assert rounds == 2
