"""The document of an event, read from a topic in which fences and late events stand."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from eventlog.histories import History, Kept, publish_apart
from events import PaymentReceived
from events.placement import EPOCH, pack_epoch
from reporting.reading.document import _read
from service.testing import settings_of

DEALER = "0191d3a2-0000-7000-8000-00000000000a"


def payment(number: str) -> PaymentReceived:
    return PaymentReceived(
        source="erp", number=number, amount=Decimal(1), currency="CNY", received_on=date(2026, 1, 2), method="transfer"
    )


@pytest.fixture
async def topic(stack: Any) -> tuple[Any, int]:
    """P-1 to P-3, a fence, two late events at 4 and 5, then P-4 and P-5 of the next lineage: settings and partition."""
    log, lost = History("credit-rating"), History("credit-rating")
    lost.ids.seed(99)
    kept = [log.add(payment(f"P-{n}"), DEALER) for n in (1, 2, 3)]
    for n in (1, 2, 3, 4, 5):
        lost.add(payment(f"X-{n}"), DEALER)
    log.lineage = 2
    partition, late = kept[0].partition, lost.all()[3:]
    fence = Kept("credit-rating.events", partition, 0, b"", b"", ((EPOCH, pack_epoch(2)),))
    records = [*kept, fence, *late, *(log.add(payment(f"P-{n}"), DEALER) for n in (4, 5))]
    prefix = f"{uuid.uuid4().hex[:8]}."
    await publish_apart(stack, prefix, ["credit-rating"], records)
    kafka = stack.kafka.bootstrap_servers
    return settings_of(kafka_topic_prefix=prefix, kafka_bootstrap_servers=kafka), partition


@pytest.mark.parametrize(("sequence", "lineage"), [(1, 1), (3, 1), (4, 2), (5, 2), (3, None), (4, None)])
async def test_the_event_of_the_log_is_found_and_never_a_late_one(
    topic: tuple[Any, int], sequence: int, lineage: int | None
) -> None:
    settings, partition = topic
    found = await _read(settings, "credit-rating", partition, sequence, lineage)
    assert found is not None and f'"P-{sequence}"'.encode() in found.content


async def test_what_the_log_does_not_hold_yet_is_not_found(topic: tuple[Any, int]) -> None:
    settings, partition = topic
    assert await _read(settings, "credit-rating", partition, 6, 2) is None
    assert await _read(settings, "credit-rating", partition, 9, None) is None
