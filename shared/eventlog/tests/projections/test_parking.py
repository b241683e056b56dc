"""A poisoned event parks its stream, in order, lets all others flow, and is drained by command after a fix."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest

from eventlog import parking
from eventlog.projector import Projector
from events import DealerSuspended

DEALER = "0191d3a2-0000-7000-8000-00000000000a"
NEIGHBOUR = "0191d3a2-0000-7000-8000-00000000000b"


def broken(record):
    """The same event in a version that no code knows."""
    record.value = record.value.replace(b'"schemaversion":1', b'"schemaversion":9')
    return record


def mended(pool, world):
    return pool.execute(
        "update projection.parked set document = convert_to(replace(convert_from(document, 'UTF8'), "
        "'\"schemaversion\":9', '\"schemaversion\":1'), 'UTF8')"
    )


@pytest.fixture
async def projector(pool, world):
    made = Projector("reporting", world.declare(), pool, world.PARTITIONS)
    await made.start()
    return made


async def parked(pool):
    async with pool.acquire() as connection:
        return await parking.parked_streams(connection)


async def test_an_unknown_version_parks_its_stream_and_lets_its_neighbours_flow(projector, world, pool):
    ledger = world.History("credit-rating")
    records = [
        ledger.add(world.invoice("I-1"), DEALER),
        broken(ledger.add(world.invoice("I-2"), DEALER)),
        ledger.add(world.invoice("I-3"), DEALER),
        ledger.add(world.invoice("N-1"), NEIGHBOUR),
    ]
    assert records[0].partition == records[3].partition
    await projector.apply(records[:3])
    await projector.apply(records[2:])
    (stream,) = await parked(pool)
    assert (stream.stream, stream.events, stream.first) == (f"{DEALER}/ledger", 2, 2)
    assert "UnknownVersion" in stream.reason
    assert {row["number"] for row in (await world.contents(pool))["ledger_entry"]} == {"I-1", "N-1"}
    assert projector.reached["credit-rating", records[0].partition].sequence == 4


async def test_a_replay_before_the_fix_changes_nothing_and_after_it_drains_in_order(projector, world, pool):
    registry = world.History("customer-registry")
    registry.add(world.onboarded("Mei"), DEALER)
    broken(registry.add(DealerSuspended(reason="late", by="x", on=date(2026, 1, 3)), DEALER))
    registry.add(world.onboarded("Mei & Sons"), DEALER)
    await projector.apply(registry.all())
    stream = ("customer-registry", f"{DEALER}/file")
    before = await world.contents(pool)
    (kept,) = (await projector.replay(stream)).values()
    assert kept.applied == 0 and "UnknownVersion" in kept.reason
    assert await world.contents(pool) == before
    await mended(pool, world)
    (drained,) = (await projector.replay(stream)).values()
    assert drained == (2, None) and not await parked(pool)
    (row,) = (await world.contents(pool))["dealer"]
    assert row["name"] == "Mei & Sons" and row["suspended"] is True
    registry.add(world.onboarded("Mei & Daughters"), DEALER)
    await projector.apply(registry.all())
    assert (await world.contents(pool))["dealer"][0]["name"] == "Mei & Daughters"


async def test_a_row_that_postgresql_refuses_parks_only_its_stream(projector, world, pool):
    ledger = world.History("credit-rating")
    records = [ledger.add(world.invoice(f"I-{n}"), DEALER if n % 2 else NEIGHBOUR) for n in range(20)]
    poison = records[7]
    poison.value = poison.value.replace(f'"subject":"{DEALER}"'.encode(), b'"subject":"nobody"')
    await projector.apply(records)
    (stream,) = await parked(pool)
    assert (stream.events, stream.first) == (7, 8)
    rows = (await world.contents(pool))["ledger_entry"]
    assert len(rows) == 13 and {r["number"] for r in rows} >= {"I-1", "I-3", "I-5", "I-0", "I-18"}
    balances = {str(row["dealer"]): row["balance"] for row in (await world.contents(pool))["dealer"]}
    assert balances == {NEIGHBOUR: Decimal("1005.00"), DEALER: Decimal("301.50")}


async def test_a_nul_that_an_event_holds_is_read_as_a_replacement_and_parks_nothing(projector, world, pool):
    ledger = world.History("credit-rating")
    record = ledger.add(world.invoice("I-7"), DEALER)
    record.value = record.value.replace(b'"number":"I-7"', b'"number":"I-\\u0000"')
    await projector.apply([record])
    assert not await parked(pool)
    (row,) = (await world.contents(pool))["ledger_entry"]
    assert row["number"] == "I-\ufffd"


async def test_a_handler_that_raises_parks_the_stream(pool, world):
    tables = world.declare()
    rule = tables[0].rules[0]

    def explode(e):
        if e.data.number == "I-2":
            raise ZeroDivisionError("a defect")
        return rule.handler(e)

    import msgspec

    tables[0].rules[0] = msgspec.structs.replace(rule, handler=explode)
    projector = Projector("reporting", tables, pool, world.PARTITIONS)
    await projector.start()
    ledger = world.History("credit-rating")
    for number in range(4):
        ledger.add(world.invoice(f"I-{number}"), DEALER)
    await projector.apply(ledger.all())
    (stream,) = await parked(pool)
    assert stream.events == 2 and "ZeroDivisionError" in stream.reason
    fixed = Projector("reporting", world.declare(), pool, world.PARTITIONS)
    await fixed.start()
    await fixed.replay(("credit-rating", f"{DEALER}/ledger"))
    assert len((await world.contents(pool))["ledger_entry"]) == 4


async def test_a_replay_and_live_events_of_the_stream_at_once_lose_none(projector, world, pool):
    ledger = world.History("credit-rating")
    broken(ledger.add(world.invoice("I-0"), DEALER))
    for number in range(1, 60):
        ledger.add(world.invoice(f"I-{number}"), DEALER)
    records = ledger.all()
    await projector.apply(records[:30])
    await mended(pool, world)
    stream = ("credit-rating", f"{DEALER}/ledger")

    async def live():
        for record in records[30:]:
            await projector.apply([record])

    await asyncio.gather(live(), projector.replay(stream))
    await projector.replay(stream)
    rows = (await world.contents(pool))["ledger_entry"]
    assert sorted(row["sequence"] for row in rows) == list(range(1, 61))
    assert not await parked(pool)
    assert (await world.contents(pool))["dealer"][0]["invoices"] == 60
