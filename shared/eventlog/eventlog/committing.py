"""Kafka's committed offsets are a hint, which tools that watch a group read: no batch waits long for them."""

from __future__ import annotations

import asyncio

import structlog
from aiokafka.errors import KafkaError
from faststream.kafka.message import KafkaAckableMessage
from faststream.message import AckStatus

COMMIT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Batch(KafkaAckableMessage):
    """Records of one poll. Once applied they are done, whether Kafka takes their offsets or not.

    aiokafka commits all partitions at once and tries for ever: while Kafka cannot take them no batch would come, and
    a process that is to stop would wait for this one.
    """

    async def ack(self) -> None:
        """Commit within `COMMIT_SECONDS`, or leave it to the next batch."""
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await super().ack()
        except (KafkaError, TimeoutError) as error:
            log.info("offsets were not committed", why=str(error) or type(error).__name__)
            self.committed = AckStatus.ACKED
