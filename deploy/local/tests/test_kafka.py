"""The broker really starts, stops, and comes back after kill -9 with what it had acknowledged."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from dealerlog.addresses import KafkaAddress
from dealerlog.installation import Installation
from dealerlog.kafka import Kafka, answers
from dealerlog.topics import create_topics

pytestmark = pytest.mark.slow


@pytest.fixture
def kafka(installation: Installation, cache: Path) -> Iterator[Kafka]:
    installation.prepare()
    ports = installation.ports()
    broker = Kafka(
        installation.folder / "kafka", port=ports["kafka"], controller_port=ports["kafka-controller"], cache=cache
    )
    broker.start()
    yield broker
    broker.stop()


async def test_acknowledged_records_survive_kill_9_and_a_second_start_is_soon_ready(kafka: Kafka) -> None:
    await create_topics(KafkaAddress(kafka.bootstrap_servers), [("sales", 1, {})])
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all")
    await producer.start()
    for number in range(100):
        await producer.send_and_wait("sales", str(number).encode())
    await producer.stop()
    assert kafka.child is not None
    kafka.child.popen.kill()
    kafka.child.popen.wait()
    assert not answers("127.0.0.1", kafka.port)

    began = time.monotonic()
    kafka.start()

    assert time.monotonic() - began < 30
    assert await _count(kafka, "sales") == 100


async def test_a_broker_that_moved_to_other_ports_serves_what_it_kept_and_takes_new_topics(kafka: Kafka) -> None:
    await create_topics(KafkaAddress(kafka.bootstrap_servers), [("sales", 1, {})])
    await _say(kafka, "before")
    kafka.stop()
    kafka.port, kafka.controller_port = kafka.port + 3, kafka.controller_port + 3

    kafka.start()

    assert await create_topics(KafkaAddress(kafka.bootstrap_servers), [("sales", 1, {}), ("returns", 1, {})]) == 1
    await _say(kafka, "after")
    assert await _count(kafka, "sales") == 2


async def test_a_topic_nobody_declared_is_not_created(kafka: Kafka) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers, request_timeout_ms=1000)
    await producer.start()
    with pytest.raises(KafkaError):
        await producer.send_and_wait("misspelt", b"x")
    topics = await producer.client.fetch_all_metadata()
    await producer.stop()
    assert "misspelt" not in topics.topics()


def test_a_clean_stop_leaves_no_process_and_a_log(kafka: Kafka) -> None:
    assert kafka.child is not None
    pid = kafka.child.pid
    kafka.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIG_DFL)
    assert kafka.log.exists()
    assert not kafka.pid_file.exists()


async def _say(kafka: Kafka, text: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all")
    await producer.start()
    await producer.send_and_wait("sales", text.encode())
    await producer.stop()


async def _count(kafka: Kafka, topic: str) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers)
    await consumer.start()
    partition = TopicPartition(topic, 0)
    end = (await consumer.end_offsets([partition]))[partition]
    await consumer.stop()
    return int(end)
