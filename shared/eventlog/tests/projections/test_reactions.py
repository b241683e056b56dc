"""A reaction answers each cause once, whatever is repeated, restarted or restored."""

import pytest

from eventlog.act import Act
from eventlog.reactions import Reaction
from eventlog.reactor import Reactor
from eventlog.testing import REGION
from events import DealerOnboarded, RegionDefined

DEALERS = [f"0191d3a2-0000-7000-8000-0000000000{n:02x}" for n in range(8)]


def reaction(seen=None):
    made = Reaction("region-of-dealer")

    @made.on(DealerOnboarded, uses=("name",))
    def define(e):
        if seen is not None:
            seen.append(e.subject)
        if e.data.name == "ignored":
            return None
        if e.data.name == "defect":
            raise ZeroDivisionError("a defect")
        return Act(REGION, f"region-{e.subject}", RegionDefined(code=e.subject[:8], name=f"{e.data.name} {e.id}"))

    return made


@pytest.fixture
async def log(make_log):
    return await make_log("customer-registry")


@pytest.fixture
def registry(world):
    made = world.History("customer-registry")
    for number, dealer in enumerate(DEALERS):
        made.add(world.onboarded(f"Dealer {number}"), dealer)
    return made


async def reactor_of(log, world, seen=None):
    made = Reactor("customer-registry", reaction(seen), log, log.pool, world.PARTITIONS)
    await made.start()
    return made


async def written(log):
    return await log.pool.fetchval("select count(*) from log.event")


async def test_every_cause_is_answered_once_although_it_comes_again(log, world, registry):
    seen = []
    reactor = await reactor_of(log, world, seen)
    records = world.shuffled([registry], 1)
    await reactor.apply(records)
    await reactor.apply(records)
    assert await written(log) == 8 and len(seen) == 8
    restarted = await reactor_of(log, world, seen)
    await restarted.apply(records)
    assert await written(log) == 8 and len(seen) == 8


async def test_after_a_restore_it_starts_at_the_beginning_and_derived_ids_skip_what_is_done(log, world, registry):
    await (await reactor_of(log, world)).apply(registry.all())
    before = await log.pool.fetch("select document from log.event order by partition, sequence")
    await log.pool.execute("delete from projection.position")
    seen = []
    await (await reactor_of(log, world, seen)).apply(registry.all())
    assert len(seen) == 8
    assert await log.pool.fetch("select document from log.event order by partition, sequence") == before


async def test_an_answer_names_its_cause_and_takes_its_business_date(log, world, registry):
    await (await reactor_of(log, world)).apply(registry.all()[:1])
    document = bytes(await log.pool.fetchval("select document from log.event"))
    first = registry.all()[0]
    assert b'"actor":"reaction:region-of-dealer"' in document and b'"businessdate":"2026-01-02"' in document
    assert (
        f'"causesource":"customer-registry","causepartition":{first.partition},"causesequence":1'.encode() in document
    )


async def test_a_cause_may_be_ignored_and_one_that_cannot_be_answered_parks_its_stream(log, world):
    registry = world.History("customer-registry")
    registry.add(world.onboarded("ignored"), DEALERS[0])
    registry.add(world.onboarded("defect"), DEALERS[1])
    registry.add(world.onboarded("behind it"), DEALERS[1])
    registry.add(world.onboarded("refuse me"), DEALERS[2])
    registry.add(world.onboarded("fine"), DEALERS[3])
    reactor = await reactor_of(log, world)
    await reactor.apply(world.shuffled([registry], 2))
    assert await written(log) == 2
    parked = await log.pool.fetch("select stream, reader from projection.parked order by sequence")
    assert [row["stream"] for row in parked] == [f"{DEALERS[1]}/file"] * 2
    assert {row["reader"] for row in parked} == {"reaction:region-of-dealer"}
    assert "ZeroDivisionError" in await reactor.replay(("customer-registry", f"{DEALERS[1]}/file"))
    await log.pool.execute(
        "update projection.parked set document = "
        "convert_to(replace(convert_from(document, 'UTF8'), 'defect', 'mended'), 'UTF8')"
    )
    assert await reactor.replay(("customer-registry", f"{DEALERS[1]}/file")) is None
    assert await written(log) == 4
    assert await log.pool.fetchval("select count(*) from projection.parked_stream") == 0
