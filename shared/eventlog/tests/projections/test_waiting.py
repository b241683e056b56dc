"""A read that presents its position never sees less than its write; what cannot be shown is said, not waited for."""

import asyncio

import pytest

from eventlog.position import Position
from eventlog.projector import Projector
from eventlog.waiting import NotVisible, StreamParked, Superseded, Waiting

DEALER = "0191d3a2-0000-7000-8000-00000000000a"


@pytest.fixture
async def waiting(pool):
    return Waiting(pool)


@pytest.fixture
async def projector(pool, world, waiting):
    made = Projector("reporting", world.declare(), pool, world.PARTITIONS, moved=waiting.wake)
    await made.start()
    return made


async def test_a_reader_waits_until_its_write_is_shown(projector, waiting, world):
    record = world.History("credit-rating").add(world.invoice("I-1"), DEALER)
    token = Position("credit-rating", record.partition, 1, 1)
    waiters = [asyncio.create_task(waiting([token], 5)) for _ in range(20)]
    await asyncio.sleep(0.05)
    assert not any(waiter.done() for waiter in waiters)
    await projector.apply([record])
    await asyncio.wait_for(asyncio.gather(*waiters), 1)


async def test_when_the_time_is_over_the_lag_is_told(projector, waiting):
    token = Position("credit-rating", 1, 7, 1)
    with pytest.raises(NotVisible) as late:
        await waiting([token], 0.05)
    assert late.value.lag == {token: 7}


async def test_a_service_that_is_not_followed_has_nothing_to_show(projector, waiting):
    await waiting([Position("reporting", 0, 99, 1)], 0)


async def test_a_parked_event_is_said_and_not_waited_for(projector, waiting, world):
    record = world.History("credit-rating").add(world.invoice("I-1"), DEALER)
    record.value = record.value.replace(b'"schemaversion":1', b'"schemaversion":9')
    await projector.apply([record])
    with pytest.raises(StreamParked, match=f"{DEALER}/ledger"):
        await waiting([Position("credit-rating", record.partition, 1, 1)], 1)


async def test_a_position_of_a_history_that_was_lost_is_refused(projector, waiting, world):
    ledger = world.History("credit-rating", lineage=2)
    record = ledger.add(world.invoice("I-1"), DEALER)
    await projector.apply([record])
    with pytest.raises(Superseded):
        await waiting([Position("credit-rating", record.partition, 1, 1)], 1)
