"""A rebuilt generation is proved equal before requests read it; a difference nobody declared refuses it."""

import asyncio

import pytest

from eventlog import generations
from eventlog.database import connect_pool
from eventlog.loading import Stalled
from eventlog.projector import Projector
from eventlog.rebuild import Busy, Different, Rebuild
from eventlog.workers import WorkerFailed, Workers, split

DEALERS = [f"0191d3a2-0000-7000-8000-0000000000{n:02x}" for n in range(16)]
ALL = ("customer-registry", "credit-rating", "tiering")


def history(world, prefix, count=400):
    ledger, registry = world.History("credit-rating", prefix=prefix), world.History("customer-registry", prefix=prefix)
    for number, dealer in enumerate(DEALERS):
        registry.add(world.onboarded(f"Dealer {number}", f"D-{number}"), dealer)
    for number in range(count):
        ledger.add(world.invoice(f"I-{number}", f"{number + 1}.50"), DEALERS[number % 16])
        if number % 3 == 0:
            ledger.add(world.payment(f"P-{number}"), DEALERS[number % 16])
    return registry, ledger


@pytest.fixture
async def blue(stack, world, pool, topic_prefix):
    """A live generation of 550 events, and what rebuilds it."""
    registry, ledger = history(world, topic_prefix)
    projector = Projector("reporting", world.declare(), pool, world.PARTITIONS, prefix=topic_prefix)
    await projector.start()
    async with world.topics(stack, [f"{topic_prefix}{name}.events" for name in ALL]):
        await world.publish(stack, [*registry.all(), *ledger.all()])
        await projector.apply(world.shuffled([registry, ledger], 5))
        projector.ledger, projector.registry, projector.urls = ledger, registry, world.urls
        yield projector


@pytest.fixture
def rebuild(stack, pool, world):
    def make(projector, **options):
        kafka = {"bootstrap_servers": stack.kafka.bootstrap_servers}
        return Rebuild(
            projector.plan, pool, kafka=kafka, topics=projector.topics, partitions=world.PARTITIONS, **options
        )

    return make


async def test_a_rebuilt_generation_equals_the_live_one_and_is_read_from_then_on(blue, rebuild, pool, world):
    told = []
    rebuilt = await rebuild(blue, progress=told.append).run()
    assert {each.table: each.green.rows for each in rebuilt.compared} == {"dealer": 16, "ledger_entry": 668}
    assert all(each.blue == each.green for each in rebuilt.compared)
    assert await world.contents(pool, "g1") == await world.contents(pool, "g2")
    assert await pool.fetchval("select schema from projection.generation") == "g2"
    assert [each.step for each in told] == ["load", "compare", "index", "switch"] and told[0].events == 550
    assert await pool.fetchval("select count(*) from pg_indexes where schemaname = 'g2'") == 3


async def test_the_projector_feeds_every_generation_until_it_is_dropped(blue, rebuild, pool, world):
    await rebuild(blue).run()
    extra = [blue.ledger.add(world.invoice("late"), DEALERS[0])]
    await blue.apply(extra)
    assert await world.contents(pool, "g1") == await world.contents(pool, "g2")
    async with pool.acquire() as connection:
        await generations.drop(connection, 1)
        with pytest.raises(ValueError, match="requests read"):
            await generations.drop(connection, 2)
    await blue.apply([blue.ledger.add(world.invoice("later"), DEALERS[0])])
    assert await pool.fetchval("select count(*) from g2.ledger_entry") == 670


TAMPERED = {
    "one event left out": "delete from g1.ledger_entry where number = 'I-7'",
    "one changed row": "update g1.dealer set balance = balance + 0.01 where name = 'Dealer 3'",
    "one swapped pair": """
        update g1.ledger_entry set amount = case number when 'I-0' then 17.50 else 1.50 end
        where number in ('I-0', 'I-16')""",
    "null made empty": "update g1.dealer set last_sale = '2026-01-01' where name = 'Dealer 3'",
}


@pytest.mark.parametrize("what", TAMPERED)
async def test_a_difference_that_nobody_declared_refuses_the_switch(blue, rebuild, pool, what):
    assert await pool.execute(TAMPERED[what]) != "UPDATE 0"
    with pytest.raises(Different) as refused:
        await rebuild(blue).run()
    assert refused.value.tables == (["ledger_entry"] if "ledger" in TAMPERED[what] else ["dealer"])
    assert await pool.fetchval("select schema from projection.generation") == "g1"
    assert await pool.fetchval("select state from projection.built where generation = 2") == "refused"


async def test_a_declared_change_may_differ_and_nothing_else(blue, rebuild, pool):
    await pool.execute("update g1.dealer set balance = 0")
    rebuilt = await rebuild(blue, changed={"dealer": ["balance"]}).run()
    assert rebuilt.generation == 2
    await pool.execute("update g2.dealer set balance = 0, invoices = 0")
    with pytest.raises(Different):
        await rebuild(blue, changed={"dealer": ["balance"]}).run()


async def test_events_that_arrive_during_a_rebuild_are_in_both_generations(blue, rebuild, pool, world, stack):
    late = [blue.ledger.add(world.invoice(f"L-{number}"), DEALERS[number % 16]) for number in range(50)]
    await world.publish(stack, late)
    meanwhile = []

    def apply_more(progress):
        if progress.step in ("load", "compare") and late:
            meanwhile.append(asyncio.ensure_future(blue.apply(late.copy())))
            late.clear()

    await rebuild(blue, progress=apply_more).run()
    await asyncio.gather(*meanwhile)
    assert meanwhile
    assert await world.contents(pool, "g1") == await world.contents(pool, "g2")
    assert await pool.fetchval("select count(*) from g2.ledger_entry") == 718


async def test_a_batch_that_waits_for_the_switch_reaches_the_new_generation(blue, rebuild, pool, world, stack):
    late = [blue.ledger.add(world.invoice("L-1"), DEALERS[0])]
    await world.publish(stack, late)
    waiting = []

    def at_the_switch(progress):
        if progress.step == "switch" and not waiting:
            waiting.append(asyncio.ensure_future(blue.apply(late)))

    await rebuild(blue, progress=at_the_switch).run()
    await asyncio.gather(*waiting)
    assert await world.contents(pool, "g1") == await world.contents(pool, "g2")
    assert await pool.fetchval("select count(*) from g2.ledger_entry where number = 'L-1'") == 1


async def test_an_aborted_rebuild_leaves_nothing_behind(blue, rebuild, pool):
    aborted = asyncio.ensure_future(rebuild(blue, progress=lambda progress: aborted.cancel()).run())
    with pytest.raises(asyncio.CancelledError):
        await aborted
    assert await pool.fetchval("select array_agg(generation) from projection.built") == [1]
    assert await pool.fetchval("select count(*) from pg_namespace where nspname = 'g2'") == 0
    assert await pool.fetchval("select count(*) from projection.position where reader = 'g2'") == 0
    assert (await rebuild(blue).run()).generation == 2


async def test_only_one_rebuild_runs_at_a_time(blue, rebuild, pool):
    async with pool.acquire() as other:
        await other.execute("select pg_advisory_lock(hashtext('projection.rebuild'))")
        with pytest.raises(Busy):
            await rebuild(blue).run()
        await other.execute("select pg_advisory_unlock(hashtext('projection.rebuild'))")


async def test_a_topic_that_ends_early_refuses(blue, rebuild, pool, monkeypatch, world):
    monkeypatch.setattr("eventlog.loading.STALLED_SECONDS", 0.5)
    await blue.apply([blue.ledger.add(world.invoice("unpublished"), DEALERS[0])])
    with pytest.raises(Stalled):
        await rebuild(blue).run()
    assert await pool.fetchval("select schema from projection.generation") == "g1"


async def test_two_processes_load_what_one_does(blue, rebuild, pool, world, monkeypatch):
    monkeypatch.setattr("eventlog.workers.WORTH_A_PROCESS", 1)
    monkeypatch.setenv("PYTHONPATH", str(world.here))
    dsn = await pool.fetchval("select current_database()")
    (address,) = [url for url in world.urls if f"/{dsn}" in url]
    told = []
    rebuilt = await rebuild(blue, load=Workers("conftest:declare", address), progress=told.append).run()
    assert all(each.equal and each.green.rows for each in rebuilt.compared)
    assert sum(1 for each in told if each.step == "load") >= 2 and rebuilt.events == 550
    assert await world.contents(pool, "g1") == await world.contents(pool, "g2")


async def test_a_process_that_fails_fails_the_rebuild(blue, rebuild, pool, world, monkeypatch):
    monkeypatch.setattr("eventlog.workers.WORTH_A_PROCESS", 1)
    with pytest.raises(WorkerFailed, match="no_such_module"):
        await rebuild(blue, load=Workers("no_such_module:TABLES", "postgresql://nobody")).run()
    assert await pool.fetchval("select array_agg(generation) from projection.built") == [1]


async def test_streams_parked_in_blue_or_green_are_left_out_and_listed(stack, pool, world, rebuild, topic_prefix):
    ledger = world.History("credit-rating", prefix=topic_prefix)
    for number in range(64):
        record = ledger.add(world.invoice(f"I-{number}"), DEALERS[number % 16])
        if number == 21:
            poison = record
    whole = poison.value
    blue = Projector("reporting", world.declare(), pool, world.PARTITIONS, prefix=topic_prefix)
    await blue.start()
    async with world.topics(stack, [f"{topic_prefix}{name}.events" for name in ALL]):
        poison.value = whole.replace(b'"schemaversion":1', b'"schemaversion":9')
        await blue.apply(ledger.all())
        poison.value = whole
        await world.publish(stack, ledger.all())
        rebuilt = await rebuild(blue).run()
    assert [(each.reader, each.stream, each.events) for each in rebuilt.parked] == [("g1", f"{DEALERS[5]}/ledger", 3)]
    assert {each.table: (each.blue == each.green, each.green.rows) for each in rebuilt.compared} == {
        "dealer": (True, 15),
        "ledger_entry": (True, 61),
    }
    assert await pool.fetchval("select count(*) from g2.ledger_entry") == 64


async def test_a_pool_that_would_cut_the_snapshot_short_is_refused(blue, rebuild, pool):
    async with pool.acquire() as connection:
        name = await connection.fetchval("select current_database()")
    (address,) = [url for url in blue.urls if f"/{name}" in url]
    bounded = await connect_pool(address, size=4)
    with pytest.raises(ValueError, match="unbounded"):
        await Rebuild(blue.plan, bounded, kafka={}, topics=blue.topics).run()
    await bounded.close()


def test_partitions_are_dealt_by_what_is_left_of_them():
    left = {("a", 0): 10, ("a", 1): 7, ("a", 2): 5, ("a", 3): 0, ("b", 0): 4}
    assert split(left, 2) == [[("a", 0), ("b", 0)], [("a", 1), ("a", 2)]]
    assert split(left, 2, head_start=6) == [[("a", 0), ("a", 2)], [("a", 1), ("b", 0)]]
    assert split({("a", 0): 0}, 2) == []
