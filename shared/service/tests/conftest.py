"""Settings that connect to nothing, and `deploy`: a service's own database and topic on the test stack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from eventlog.topics import topic_of
from service.migrations import migrate
from service.settings import Settings
from service.testing import settings_of

PARTITIONS = 2
Deploy = Callable[..., Awaitable[Settings]]


@pytest.fixture
def settings() -> Settings:
    """Local settings; nothing answers at their addresses."""
    return settings_of()


@pytest.fixture
async def admin(stack: Any) -> AsyncIterator[AIOKafkaAdminClient]:
    """Kafka's admin client."""
    client = AIOKafkaAdminClient(**stack.kafka.client_options())
    await client.start()
    yield client
    await client.close()


@pytest.fixture
async def deploy(database: Any, stack: Any, topic_prefix: str, admin: AIOKafkaAdminClient) -> Deploy:
    """`settings = await deploy("credit-rating")`: an empty, migrated database and a topic of two partitions."""

    async def make(name: str, **values: Any) -> Settings:
        urls = await database(name.replace("-", "_"))
        await asyncio.to_thread(migrate, urls.owner)
        await admin.create_topics([NewTopic(topic_of(name, topic_prefix), PARTITIONS, 1)])
        return settings_of(
            database_url=urls.app, reader_database_url=urls.reader, partitions=PARTITIONS, pool_size=8,
            kafka_topic_prefix=topic_prefix, kafka_bootstrap_servers=stack.kafka.bootstrap_servers, **values,
        )  # fmt: skip

    return make


@pytest.fixture
def until() -> Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]:
    """`found = await until(ask)`: what `ask` answers as soon as that is true; fails after 40 s."""

    async def wait(ask: Callable[[], Awaitable[Any]]) -> Any:
        for _ in range(400):
            if found := await ask():
                return found
            await asyncio.sleep(0.1)
        raise AssertionError("it did not happen in time")

    return wait
