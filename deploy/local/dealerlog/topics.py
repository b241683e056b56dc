"""Creates topics as they are declared, and refuses one that exists with another number of partitions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from dealerlog.addresses import KafkaAddress
from dealerlog.problem import Problem

ALREADY_EXISTS = 36
SHOWN_WITHIN_SECONDS, POLL_SECONDS = 30.0, 0.05


class Topic(NamedTuple):
    """A declared topic: name, partitions, and settings such as `{"retention.ms": "-1"}`."""

    name: str
    partitions: int
    configs: Mapping[str, str]


async def create_topics(kafka: KafkaAddress, declared: Iterable[tuple[str, int, Mapping[str, str]]]) -> int:
    """Create the declared topics that do not exist yet and return their number.

    A key's partition follows from the number of partitions, so another number is refused instead of altered.
    """
    topics = [Topic(*topic) for topic in declared]
    admin = AIOKafkaAdminClient(**kafka.client_options())
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        there = [topic for topic in topics if topic.name in existing]
        if there:
            for found in await admin.describe_topics([topic.name for topic in there]):
                _require_same(found, next(topic for topic in there if topic.name == found["topic"]))
        new = [
            NewTopic(topic.name, topic.partitions, kafka.replication_factor, topic_configs=dict(topic.configs))
            for topic in topics
            if topic.name not in existing
        ]
        answer = await admin.create_topics(new) if new else None
        for name, code, *message in answer.topic_errors if answer else ():
            if code not in (0, ALREADY_EXISTS):
                raise Problem(
                    f"topic {name} could not be created: {for_code(code).__name__} {message[0] if message else ''}"
                )
        await _shown(admin, {topic.name for topic in new})
    finally:
        await admin.close()
    return len(new)


async def _shown(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Wait until brokers show topics that the controller has made: who starts next must not miss them."""
    deadline = time.monotonic() + SHOWN_WITHIN_SECONDS
    while missing := names - await _listed(admin):
        if time.monotonic() > deadline:
            raise Problem(f"Kafka made topics and does not show them: {', '.join(sorted(missing))}")
        await asyncio.sleep(POLL_SECONDS)


async def delete_topics(kafka: KafkaAddress, names: Iterable[str]) -> None:
    """Delete those of the topics that exist."""
    admin = AIOKafkaAdminClient(**kafka.client_options())
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        if gone := [name for name in names if name in existing]:
            await admin.delete_topics(gone)
    finally:
        await admin.close()


async def _listed(admin: AIOKafkaAdminClient) -> set[str]:
    try:
        return set(await admin.list_topics())
    except KafkaError:  # a broker that is away: another is asked next
        return set()


def _require_same(found: Mapping[str, object], declared: Topic) -> None:
    partitions = found["partitions"]
    assert isinstance(partitions, list)
    if len(partitions) != declared.partitions:
        raise Problem(
            f"topic {declared.name} has {len(partitions)} partitions and is declared with {declared.partitions}: "
            f"delete the topic and republish, or declare what is there"
        )
