"""The placement: one header that says where the log put an event; partitions as Kafka picks them."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.ids import uuid7
from events.placement import (
    EPOCH,
    HEADER,
    Placement,
    Undecodable,
    category_of,
    epoch_of,
    is_fence,
    key_of,
    locate,
    microseconds,
    murmur2,
    pack,
    pack_epoch,
    partition_of,
    unpack,
)

# org.apache.kafka.common.utils.UtilsTest.testMurmur2
JAVA = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}
FIRST = Placement(7, 1, None, 1, "d/ledger", 0, UUID(int=9), bytes(32), 1, 1, 0)
placements = st.builds(
    Placement,
    partition=st.integers(0, 11),
    sequence=st.integers(1, 2**63 - 1),
    previous=st.none() | st.uuids().filter(lambda each: each.int != 0),
    lineage=st.integers(1, 2**32 - 1),
    stream=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100),
    version=st.integers(0, 2**63 - 1),
    command=st.uuids(),
    request_hash=st.binary(min_size=32, max_size=32),
    n=st.integers(1, 100),
    m=st.integers(1, 100),
    recorded_at=st.integers(0, 2**62),
)


@pytest.mark.parametrize("key", JAVA)
def test_a_key_hashes_as_in_java(key: str) -> None:
    assert murmur2(key.encode()) == JAVA[key]


def test_a_key_goes_to_the_partition_that_kafka_picks() -> None:
    for key, hashed in JAVA.items():
        assert partition_of(key) == (hashed & 0x7FFFFFFF) % 12
        assert partition_of(key, 5) == (hashed & 0x7FFFFFFF) % 5


def test_dealers_spread_over_all_partitions() -> None:
    counted = Counter(partition_of(str(uuid4())) for _ in range(6_000))
    assert len(counted) == 12 and max(counted.values()) < 2 * min(counted.values())


@given(placements)
def test_a_placement_comes_back_from_its_header(placement: Placement) -> None:
    header = pack(placement)
    assert unpack(header) == placement
    located = locate(header)
    assert located.previous == (placement.previous.bytes if placement.previous else None)
    for name in ("partition", "sequence", "lineage", "recorded_at", "stream"):
        assert getattr(located, name) == getattr(placement, name)


@pytest.mark.parametrize(
    "wrong",
    [{"request_hash": bytes(31)}, {"partition": -1}, {"partition": 65_536}, {"sequence": -1}, {"version": 2**64}],
)
def test_what_does_not_fit_the_header_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        pack(FIRST._replace(**wrong))


@pytest.mark.parametrize("header", [b"", b"\x01", pack(FIRST)[:99], b"\x02" + pack(FIRST)[1:], pack(FIRST) + b"\xff"])
def test_a_header_that_is_none_of_ours_is_undecodable(header: bytes) -> None:
    for read in (unpack, locate):
        with pytest.raises(Undecodable):
            read(header)


@pytest.mark.parametrize("header", [b"", b"\x02", bytes(5), None])
def test_an_epoch_comes_back_from_its_header_and_anything_else_is_undecodable(header: Any) -> None:
    placed = (HEADER, pack(FIRST))
    assert epoch_of([placed]) is None and not is_fence([placed])
    assert epoch_of([placed, (EPOCH, pack_epoch(7))]) == 7 and not is_fence([placed, (EPOCH, pack_epoch(7))])
    assert epoch_of([(EPOCH, pack_epoch(2**32 - 1))]) == 2**32 - 1 and is_fence([(EPOCH, pack_epoch(1))])
    assert not is_fence([])
    with pytest.raises(Undecodable):
        epoch_of([(EPOCH, header)])


def test_recorded_at_is_exact_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 22, 13, 55, 49, 591335, tzinfo=UTC)
    assert FIRST._replace(recorded_at=microseconds(moment)).moment == moment


def test_the_key_is_before_the_first_slash_and_the_category_behind_it() -> None:
    key = str(uuid7())
    for stream in (f"{key}/review", f"{key}/review/2026-1"):
        assert (key_of(stream), category_of(stream)) == (key, "review")
