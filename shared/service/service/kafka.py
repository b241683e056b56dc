"""How this process reaches Kafka, for aiokafka's clients and for FastStream's broker; and whether it answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.helpers import create_ssl_context
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from service.health import NotReady
from service.settings import Settings

AGE_SECONDS = 1.0
SASL: dict[str, Callable[..., BaseSecurity]] = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


def kafka_options(settings: Settings) -> dict[str, Any]:
    """Arguments of an aiokafka client, TLS included."""
    options = settings.kafka()
    if "SSL" in settings.kafka_security_protocol:
        options["ssl_context"] = create_ssl_context(
            cafile=settings.kafka_ssl_cafile, certfile=settings.kafka_ssl_certfile, keyfile=settings.kafka_ssl_keyfile
        )
    return options


def security_of(settings: Settings) -> BaseSecurity | None:
    """The same for FastStream's broker."""
    if settings.kafka_security_protocol == "PLAINTEXT":
        return None
    options = kafka_options(settings)
    context = options.get("ssl_context")
    if settings.kafka_sasl_mechanism is None or not settings.uses_sasl:
        return BaseSecurity(ssl_context=context, use_ssl=context is not None)
    return SASL[settings.kafka_sasl_mechanism](
        username=options["sasl_plain_username"] or "",
        password=options["sasl_plain_password"] or "",
        ssl_context=context,
        use_ssl=context is not None,
    )


class Kafka:
    """A bare client beside the loops: asks for topics when readiness is asked, reads one record when a lag has an age.

    One question at a time. After a failure, time-outs included, the client is closed and the next question opens one.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: AIOKafkaConsumer | None = None
        self._turn = asyncio.Lock()

    async def require(self, topics: Collection[str]) -> None:
        """Return when Kafka answers and holds these topics; raises `NotReady` or what the client raises."""
        async with self._turn:
            client = await self._opened()
            try:
                there = await client.topics()
            except BaseException:
                await self._drop()
                raise
        if missing := sorted(set(topics) - set(there)):
            raise NotReady(f"no topic {', '.join(missing)}: create it (dealerlog up does)")

    async def ages(self, offsets: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], float]:
        """Seconds since the first record at or behind each offset was recorded, of those that come within a second."""
        if not offsets:
            return {}
        async with self._turn:
            client = await self._opened()
            try:
                return await self._ages(client, offsets)
            except BaseException:
                await self._drop()
                raise

    async def _ages(
        self, client: AIOKafkaConsumer, offsets: Mapping[tuple[str, int], int]
    ) -> dict[tuple[str, int], float]:
        places = {TopicPartition(*place): max(offset, 0) for place, offset in offsets.items()}
        client.assign(list(places))
        for place, offset in places.items():
            client.seek(place, offset)
        found: dict[tuple[str, int], float] = {}
        until = time.monotonic() + AGE_SECONDS
        while len(found) < len(places) and time.monotonic() < until:
            for place, records in (await client.getmany(timeout_ms=200)).items():
                found.setdefault((place.topic, place.partition), time.time() - records[0].timestamp / 1000)
                client.pause(place)
        return found

    async def _opened(self) -> AIOKafkaConsumer:
        if self._client is None:
            client = AIOKafkaConsumer(
                **kafka_options(self._settings),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=64 << 10,
                request_timeout_ms=5_000,
            )
            try:
                await client.start()
            except BaseException:
                with suppress(Exception):
                    await client.stop()
                raise
            self._client = client
        return self._client

    async def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                await client.stop()

    async def close(self) -> None:
        """Close the client, if there is one."""
        await self._drop()
