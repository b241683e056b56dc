"""The projector applies every event once, in order, whatever is handed to it."""

import uuid
from datetime import date
from decimal import Decimal

import pytest

from eventlog.projector import Projector
from events import DealerSuspended

DEALER = "0191d3a2-0000-7000-8000-00000000000a"
OTHER = "0191d3a2-0000-7000-8000-00000000000c"


@pytest.fixture
def ledger(world):
    return world.History("credit-rating")


@pytest.fixture
async def projector(pool, world):
    made = Projector("reporting", world.declare(), pool, world.PARTITIONS)
    await made.start()
    return made


async def test_facts_carry_the_event_they_came_from_and_state_rows_are_folded(projector, world, pool, ledger):
    registry = world.History("customer-registry")
    first = ledger.add(world.invoice("I-1"), DEALER)
    ledger.add(world.payment("P-1"), DEALER)
    registry.add(world.onboarded("Mei & Co"), DEALER)
    await projector.apply(ledger.all() + registry.all())
    found = await world.contents(pool)
    rows = sorted(found["ledger_entry"], key=lambda row: (row["sequence"], row["line"]))
    assert [(row["kind"], row["sequence"], row["line"]) for row in rows] == [
        ("invoice", 1, 0), ("payment", 2, 0), ("receipt", 2, 1),
    ]  # fmt: skip
    assert rows[0]["source"] == "credit-rating" and rows[0]["partition"] == first.partition
    assert rows[0]["event"] == uuid.UUID(first.value[27:63].decode())
    (dealer,) = found["dealer"]
    assert dealer["balance"] == Decimal("60.25") and dealer["invoices"] == 1 and dealer["name"] == "Mei & Co"
    assert dealer["card"] == '{"code": "D-1", "days": 30}' and dealer["last_sale"] is None


async def test_a_record_that_comes_again_changes_nothing(projector, world, pool, ledger):
    for number in range(20):
        ledger.add(world.invoice(f"I-{number}"), DEALER)
    records = ledger.all()
    await projector.apply(records[:12])
    before = await world.contents(pool)
    await projector.apply(records[:12])
    assert await world.contents(pool) == before
    await projector.apply(records[5:] + records[3:])
    assert (await world.contents(pool))["dealer"][0]["invoices"] == 20


async def test_a_gap_is_read_again_from_the_stored_offset(projector, world, pool, ledger):
    for number in range(6):
        ledger.add(world.invoice(f"I-{number}"), DEALER)
    records = ledger.all()
    await projector.apply(records[:2])
    seeks = await projector.apply(records[4:])
    assert seeks == {(records[0].topic, records[0].partition): 1}
    assert not projector.stopped
    await projector.apply(records[1:])
    assert (await world.contents(pool))["dealer"][0]["invoices"] == 6


async def test_what_the_topic_lacks_is_asked_of_its_owner(pool, world, ledger):
    for number in range(6):
        ledger.add(world.invoice(f"I-{number}"), DEALER)
    records = ledger.all()
    asked = []

    async def ask(source, partition, after, upto):
        asked.append((source, after, upto))
        return records[after:upto]

    projector = Projector("reporting", world.declare(), pool, world.PARTITIONS, ask=ask)
    await projector.start()
    await projector.apply(records[:2])
    await projector.apply(records[4:])
    await projector.apply(records[4:])
    assert asked == [("credit-rating", 2, 4)]
    await projector.apply(records[4:])
    assert (await world.contents(pool))["dealer"][0]["invoices"] == 6


async def test_a_hole_without_an_answer_stops_the_partition_and_nothing_is_skipped(projector, world, pool, ledger):
    for number in range(6):
        ledger.add(world.invoice(f"I-{number}"), DEALER)
    records = ledger.all()
    await projector.apply(records[:2])
    await projector.apply(records[4:])
    await projector.apply(records[4:])
    assert "lacks sequences 3 to 4" in projector.stopped["credit-rating", records[0].partition]
    assert (await world.contents(pool))["dealer"][0]["invoices"] == 2


@pytest.mark.parametrize("fork", ["other event at the position", "other predecessor", "below"])
async def test_another_history_stops_its_partition_and_no_other(projector, world, pool, ledger, fork):
    twin = world.History("credit-rating")
    twin.ids.seed(99)
    for number in range(5):
        ledger.add(world.invoice(f"I-{number}"), DEALER)
        twin.add(world.invoice(f"X-{number}"), DEALER)
    other = [ledger.add(world.invoice("O-1"), OTHER)]
    records = [record for record in ledger.all() if record.key.decode() == DEALER]
    assert other[0].partition != records[0].partition
    await projector.apply(records[:3])
    match fork:
        case "other event at the position":
            forked = twin.all()[2]
        case "other predecessor":
            forked = twin.all()[3]
        case "below":
            later = world.History("credit-rating", lineage=2)
            for number in range(5):
                later.add(world.invoice(f"I-{number}"), DEALER)
            forked = later.all()[1]
    before = (await world.contents(pool))["ledger_entry"]
    await projector.apply([forked, *records, *other])
    assert "fork" in projector.stopped["credit-rating", forked.partition]
    after = (await world.contents(pool))["ledger_entry"]
    assert [row for row in after if row["partition"] == forked.partition] == [
        row for row in before if row["partition"] == forked.partition
    ]
    assert any(row["number"] == "O-1" for row in after)


async def test_a_new_lineage_continues_the_partition_and_old_records_stay_duplicates(projector, world, pool, ledger):
    ledger.add(world.invoice("I-1"), DEALER)
    ledger.lineage = 2
    ledger.add(world.invoice("I-2"), DEALER)
    await projector.apply(ledger.all())
    await projector.apply(ledger.all())
    assert not projector.stopped
    assert (await world.contents(pool))["dealer"][0]["invoices"] == 2


async def test_two_workers_with_one_partition_apply_each_event_once(pool, world, ledger):
    for number in range(10):
        ledger.add(world.invoice(f"I-{number}"), DEALER)
    records = ledger.all()
    workers = [Projector("reporting", world.declare(), pool, world.PARTITIONS) for _ in range(2)]
    for worker in workers:
        await worker.start()
    await workers[0].apply(records[:4])
    await workers[1].apply(records[:7])
    await workers[0].apply(records)
    assert (await world.contents(pool))["dealer"][0]["invoices"] == 10


async def test_a_batch_survives_the_database_going_away(projector, world, pool, ledger):
    ledger.add(world.invoice("I-1"), DEALER)
    await pool.execute("alter table g1.dealer rename to away")
    import asyncio

    task = asyncio.create_task(projector.apply(ledger.all()))
    while projector.failing is None:
        await asyncio.sleep(0.01)
    assert not task.done()
    assert projector.failing == "UndefinedTableError", "anybody may read it: what the error says is in the log"
    await pool.execute("alter table g1.away rename to dealer")
    await task
    assert projector.failing is None
    found = await world.contents(pool)
    assert len(found["ledger_entry"]) == 1 and found["dealer"][0]["invoices"] == 1


async def test_sums_are_exact_in_memory_as_in_the_database(projector, world, pool, ledger):
    for amount in ("0.01", "999999999999.99", "0.10"):
        ledger.add(world.invoice(f"I-{amount}", amount), DEALER)
    await projector.apply(ledger.all())
    assert (await world.contents(pool))["dealer"][0]["balance"] == Decimal("1000000000000.10")


async def test_a_row_is_tombstoned_and_keeps_its_columns(projector, world, pool):
    registry = world.History("customer-registry")
    registry.add(world.onboarded("Mei"), DEALER)
    registry.add(DealerSuspended(reason="late", by="x", on=date(2026, 1, 3)), DEALER)
    await projector.apply(registry.all())
    (row,) = (await world.contents(pool))["dealer"]
    assert row["tombstone"] is True and row["name"] == "Mei" and row["onboarded"] is True
