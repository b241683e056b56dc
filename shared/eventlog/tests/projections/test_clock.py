"""What is due is issued once, by one worker, dated by its due date, while host and database agree on the time."""

import time
from datetime import date, timedelta

import pytest

from eventlog.act import Act
from eventlog.clock import Clock, ClocksDiffer, Duty, due_table
from eventlog.projection import Patch
from eventlog.projector import Projector
from eventlog.testing import REGION
from events import DealerOnboarded, Refused, RegionDefined

DEALERS = [f"0191d3a2-0000-7000-8000-0000000000{n:02x}" for n in range(3)]
TODAY = date(2026, 3, 1)


@pytest.fixture
async def log(make_log):
    return await make_log("customer-registry")


@pytest.fixture
def pool(log):
    """The log's own database."""
    return log.pool


@pytest.fixture
async def due(log, pool, world):
    """Three duties: due in the past, today and tomorrow."""
    table = due_table()

    @table.on(DealerOnboarded, uses=("onboarded_on",))
    def review(e):
        return Patch(key=("review", e.subject, e.data.onboarded_on))

    registry = world.History("customer-registry")
    for number, dealer in enumerate(DEALERS):
        event = world.onboarded(f"D{number}").model_copy(update={"onboarded_on": TODAY + timedelta(days=number - 1)})
        registry.add(event, dealer)
    projector = Projector("customer-registry", [table], pool, world.PARTITIONS)
    await projector.start()
    await projector.apply(registry.all())
    return projector


def act(subject, due_on):
    return Act(REGION, f"region-{subject}", RegionDefined(code="R", name=f"{subject} {due_on}"))


def clock_of(log, pool, **options):
    return Clock([Duty("review", act)], log, pool, holder=options.pop("holder", "a"), today=lambda: TODAY, **options)


async def documents(log):
    return [bytes(row["document"]) for row in await log.pool.fetch("select document from log.event")]


async def test_what_is_due_is_issued_once_and_dated_by_its_due_date(log, pool, due):
    clock = clock_of(log, pool)
    assert await clock.turn() == 2
    assert await clock.turn() == 0
    issued = sorted(await documents(log), key=lambda document: document[document.find(b'"businessdate"') :])
    assert b'"businessdate":"2026-02-28"' in issued[0] and b'"businessdate":"2026-03-01"' in issued[1]


async def test_after_a_restore_everything_is_issued_again_and_nothing_is_written(log, pool, due):
    await clock_of(log, pool).turn()
    before = await documents(log)
    await pool.execute("delete from projection.issued")
    assert await clock_of(log, pool).turn() == 2
    assert await documents(log) == before


async def test_a_duty_that_fails_again_and_again_keeps_no_later_one_waiting(log, pool, due, monkeypatch):
    monkeypatch.setattr("eventlog.clock.SLICE", 1)
    fails = {DEALERS[0]}

    class Failing:
        async def handle(self, decider, key, command, meta):
            if key.removeprefix("region-") in fails:
                raise Refused("not-yet", "later", retryable=True)
            return await log.handle(decider, key, command, meta)

    clock = clock_of(Failing(), pool)
    assert [await clock.turn() for _ in range(4)] == [0, 1, 0, 0]
    fails.clear()
    assert sum([await clock.turn() for _ in range(3)]) == 1
    assert len(await documents(log)) == 2


async def test_only_the_holder_of_the_lease_issues(log, pool, due):
    assert await clock_of(log, pool, holder="a").turn() == 2
    await pool.execute("delete from projection.issued")
    assert await clock_of(log, pool, holder="b").turn() == 0
    await pool.execute("update projection.lease set until = now() - interval '1 second'")
    assert await clock_of(log, pool, holder="b").turn() == 2


@pytest.mark.parametrize("seconds", [-61.5, 61.5])
async def test_it_stops_loudly_when_the_clocks_differ(log, pool, due, seconds):
    with pytest.raises(ClocksDiffer, match="set them"):
        await clock_of(log, pool, host_clock=lambda: time.time() + seconds).turn()
    assert await documents(log) == []


async def test_a_difference_of_less_than_a_minute_is_borne(log, pool, due):
    assert await clock_of(log, pool, host_clock=lambda: time.time() + 55).turn() == 2
