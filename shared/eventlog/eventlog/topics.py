"""The topic of a log as it is declared: it keeps everything, in as many partitions as the log has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from events.placement import PARTITIONS

LARGEST_BATCH = 1 << 20
"""Bytes of one Kafka batch before compression: a command of 768 KiB with its placements, keys and record headers."""

CONFIGS = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "max.message.bytes": str(LARGEST_BATCH + (64 << 10)),
    "compression.type": "producer",
    "message.timestamp.type": "CreateTime",
}
Options = Mapping[str, Any]
"""Keyword arguments of an aiokafka client: bootstrap_servers, security_protocol, …"""


class TopicUnfit(Exception):
    """The topic is not as declared, and would lose events or refuse a batch."""


def topic_of(service: str, prefix: str = "") -> str:
    """The topic of a service's log: `<prefix><service>.events`."""
    return f"{prefix}{service}.events"


def declared(service: str, prefix: str = "", partitions: int = PARTITIONS) -> tuple[str, int, Mapping[str, str]]:
    """Name, partitions and settings, as the topic must be created."""
    return topic_of(service, prefix), partitions, CONFIGS


async def require_fit(kafka: Options, topic: str, partitions: int) -> None:
    """Refuse to run on a topic that differs from its declaration in what keeps events; raises `TopicUnfit`."""
    admin = AIOKafkaAdminClient(**kafka)
    await admin.start()
    try:
        if topic not in await admin.list_topics():
            raise TopicUnfit(f"topic {topic} does not exist: create it as declared (dealerlog up does)")
        (found,) = await admin.describe_topics([topic])
        if len(found["partitions"]) != partitions:
            raise TopicUnfit(f"topic {topic} has {len(found['partitions'])} partitions, the log {partitions}")
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    finally:
        await admin.close()
    settings = {entry[0]: entry[1] for answer in answers for resource in answer.resources for entry in resource[4]}
    for name in ("retention.ms", "retention.bytes", "cleanup.policy"):
        if name in settings and settings[name] != CONFIGS[name]:
            raise TopicUnfit(f"topic {topic} has {name}={settings[name]}; a log needs {CONFIGS[name]}: alter the topic")
    if int(settings.get("max.message.bytes", LARGEST_BATCH)) < LARGEST_BATCH:
        raise TopicUnfit(f"topic {topic} takes {settings['max.message.bytes']} bytes a batch; a command needs 1 MiB")
