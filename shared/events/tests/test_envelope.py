"""The document: fixed order, the same bytes for ever, and a clear word for what cannot be read."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import (
    EVENT_TYPES,
    Allocation,
    Cause,
    DocumentTooLarge,
    Imported,
    PaymentReceived,
    TieringPolicyPublished,
    Undecodable,
    UnknownType,
    UnknownVersion,
    decode,
    encode,
    uuid7,
)
from events.envelope import LIMIT
from events.samples import Sample, sample_of, samples

CURRENT = [sample for sample in samples() if sample.version == EVENT_TYPES[sample.type].version]
NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=64)


def payment(**changes: Any) -> PaymentReceived:
    fields: dict[str, Any] = {
        "source": "erp",
        "number": "P-1",
        "amount": "12.30",
        "currency": "CNY",
        "received_on": "2026-03-01",
        "method": "cash",
    }
    return PaymentReceived.model_validate(fields | changes)


def written(event: Any, **changes: Any) -> bytes:
    members: dict[str, Any] = {
        "id": uuid7(),
        "subject": "dealer",
        "time": NOW,
        "actor": "chen.wei",
        "business_date": date(2026, 3, 1),
        "correlation": "c-1",
    }
    return encode(event, **members | changes)


def test_the_members_stand_in_their_fixed_order() -> None:
    document = written(
        payment(), cause=Cause("tiering", 3, 17), traceparent="00-4bf9-00f0-01", imported=Imported("i-1", 9)
    )
    assert list(json.loads(document)) == [
        *("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "schemaversion", "actor"),
        *("businessdate", "correlationid", "causesource", "causepartition", "causesequence", "traceparent"),
        *("importid", "importrow", "data"),
    ]


def test_members_with_nothing_to_say_are_left_out() -> None:
    optional = {"causesource", "causepartition", "causesequence", "traceparent", "importid", "importrow"}
    assert not optional & json.loads(written(payment())).keys()


@pytest.mark.parametrize("sample", CURRENT, ids=lambda sample: sample.type)
def test_writing_again_what_was_read_gives_the_same_bytes(sample: Sample) -> None:
    read = decode(sample.document)
    again = encode(
        read.event,
        id=read.id,
        subject=read.subject,
        time=read.time,
        actor=read.actor,
        business_date=read.businessdate,
        correlation=read.correlationid,
        cause=read.cause,
        traceparent=read.traceparent,
        imported=read.imported,
    )
    assert again == sample.document


@given(text, text, st.decimals(min_value="0.01", max_value=10**11, places=2))
def test_any_text_and_amount_comes_back(number: str, actor: str, amount: Decimal) -> None:
    event = payment(number=number, amount=amount, allocations=[{"invoice": number}])
    read = decode(written(event, actor=actor, cause=Cause("tiering", 0, 1), imported=Imported("i", 1)))
    assert (read.event, read.actor, read.cause, read.imported) == (event, actor, ("tiering", 0, 1), ("i", 1))


def test_events_built_without_validation_are_written_alike() -> None:
    event = payment(allocations=[{"invoice": "I-1", "amount": "2.00"}])
    bulk = PaymentReceived.model_construct(
        **event.__dict__ | {"allocations": (Allocation.model_construct(invoice="I-1", amount=Decimal("2.00")),)}
    )
    identity = uuid7()
    assert written(bulk, id=identity) == written(event, id=identity)


def test_a_time_without_zone_is_refused_before_it_is_written() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        written(payment(), time=datetime(2026, 3, 1))


def test_a_document_of_more_than_60_kib_is_refused() -> None:
    def policy(size: int) -> TieringPolicyPublished:
        content = {"note": "x" * size}
        return TieringPolicyPublished(
            name="t", version=1, effective_from=date(2026, 1, 1), content=content, hash="0" * 64
        )

    room = LIMIT - len(written(policy(0)))
    assert len(written(policy(room))) == LIMIT
    with pytest.raises(DocumentTooLarge):
        written(policy(room + 1))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"type": "PaymentForgotten"}, UnknownType),
        ({"source": "/tiering"}, UnknownType),
        ({"schemaversion": 2}, UnknownVersion),
        ({"schemaversion": 0}, UnknownVersion),
        ({"specversion": "0.3"}, Undecodable),
        ({"businessdate": "yesterday"}, Undecodable),
        ({"time": "2026-03-01T08:30:00"}, Undecodable),
        ({"data": {"number": "P-1"}}, Undecodable),
        ({"data": None}, Undecodable),
    ],
)
def test_what_cannot_be_read_says_why(change: dict[str, Any], error: type[Exception]) -> None:
    document = msgspec.json.decode(written(payment()))
    with pytest.raises(error):
        decode(msgspec.json.encode(document | change))


@pytest.mark.parametrize(
    "broken", [b"", b"[]", b"\xff", b'{"id":', b"[" * 9_999, sample_of("PaymentReceived").document[:-9]]
)
def test_bytes_that_are_no_document_are_undecodable(broken: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(broken)
