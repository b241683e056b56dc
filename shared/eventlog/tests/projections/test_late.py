"""What was sent under a lineage that has ended is passed over behind a fence, live and by a rebuild."""

from __future__ import annotations

import random

import pytest

from eventlog.arrived import arrival, fence_of
from eventlog.histories import Kept
from eventlog.plan import Plan
from eventlog.projector import Projector
from eventlog.reached import Reached
from eventlog.slice import Slice
from events.placement import EPOCH, pack_epoch

DEALER = "0191d3a2-0000-7000-8000-00000000000a"


class Topic:
    """One partition of a topic as records come to stand in it, in whatever order they were sent."""

    def __init__(self, world) -> None:
        self.world, self.log = world, world.History("credit-rating")
        self.records: list[Kept] = []

    def event(self, number: str, *, under: int | None = None) -> Kept:
        """The log's next event, sent under its own lineage or a higher one."""
        return self.put(self.log.add(self.world.invoice(number), DEALER), under)

    def put(self, kept: Kept, under: int | None = None) -> Kept:
        """A record at the end of the topic."""
        headers = kept.headers if under is None else (*kept.headers[:1], (EPOCH, pack_epoch(under)))
        self.records.append(Kept(kept.topic, kept.partition, len(self.records), kept.key, kept.value, headers))
        return self.records[-1]

    def fence(self, lineage: int) -> Kept:
        """A fence at the end of the topic."""
        like = self.records[0] if self.records else self.log.all()[0]
        return self.put(Kept(like.topic, like.partition, 0, b"", b"", ((EPOCH, pack_epoch(lineage)),)))

    def lost(self, *numbers: str) -> list[Kept]:
        """What the lost database held behind the log as it is now: not sent yet."""
        other = self.world.History("credit-rating")
        other.ids.seed(99)
        for partition, kept in self.log.records.items():
            other.records[partition] = list(kept)
        other.last, other.versions = dict(self.log.last), dict(self.log.versions)
        return [other.add(self.world.invoice(number), DEALER) for number in numbers]


@pytest.fixture
def topic(world) -> Topic:
    """Three events, the fence of an `adopt`, a batch of the lost database behind it, and what the log goes on with."""
    made = Topic(world)
    for number in ("I-1", "I-2", "I-3"):
        made.event(number)
    late = made.lost("X-4", "X-5")
    made.fence(2)
    made.put(late[0])
    made.event("I-4", under=2)
    made.log.lineage = 2
    made.event("I-5")
    made.put(late[1])
    made.event("I-6")
    return made


def numbers(contents) -> list[str]:
    return sorted(row["number"] for row in contents["ledger_entry"])


async def test_a_late_batch_is_passed_over_and_its_partition_goes_on(pool, world, topic):
    projector = Projector("reporting", world.declare(), pool, world.PARTITIONS)
    await projector.start()
    for record in topic.records:
        await projector.apply([record])
    assert not projector.stopped and projector.late == 2
    assert numbers(await world.contents(pool)) == [f"I-{n}" for n in range(1, 7)]
    place = ("credit-rating", topic.records[0].partition)
    assert projector.reached[place].lineages == ((1, 1), (2, 5))


async def test_what_landed_before_the_fence_is_history(pool, world):
    topic = Topic(world)
    topic.event("I-1")
    topic.event("I-2")
    topic.fence(2)
    topic.log.lineage = 2
    topic.event("I-3")
    projector = Projector("reporting", world.declare(), pool, world.PARTITIONS)
    await projector.start()
    await projector.apply(topic.records)
    assert numbers(await world.contents(pool)) == ["I-1", "I-2", "I-3"] and not projector.late


async def test_a_fence_outlives_its_reader_at_whichever_record_it_ends(pool, world, topic):
    for ends in range(len(topic.records)):
        projector = Projector("reporting", world.declare(), pool, world.PARTITIONS)
        await projector.start()
        place = ("credit-rating", topic.records[0].partition)
        offset = (await projector.assigned([place]))[place]
        await projector.apply(topic.records[max(offset, 0) : ends + 1])
        assert not projector.stopped
    assert numbers(await world.contents(pool)) == [f"I-{n}" for n in range(1, 7)]


async def test_a_fence_at_the_end_is_no_lag(pool, world):
    topic = Topic(world)
    topic.event("I-1")
    late = topic.lost("X-2")
    topic.fence(2)
    topic.put(late[0])
    projector = Projector("reporting", world.declare(), pool, world.PARTITIONS)
    await projector.start()
    place = ("credit-rating", topic.records[0].partition)
    await projector.apply(topic.records[:2])
    assert projector.seen(place) == 1
    await projector.apply(topic.records[2:])
    assert projector.seen(place) == 2 and projector.reached[place].offset == 0


async def test_what_the_owner_tells_is_never_late(pool, world):
    """The topic lost events behind a fence that was read: the owner's answer carries their own lineage alone."""
    topic = Topic(world)
    for number in ("I-1", "I-2", "I-3"):
        topic.event(number)
    kept = topic.records[1:3]
    topic.fence(2)
    topic.log.lineage = 2
    topic.event("I-4")

    async def ask(source, partition, after, upto):
        return [Kept(each.topic, each.partition, -1, each.key, each.value, each.headers) for each in kept]

    projector = Projector("reporting", world.declare(), pool, world.PARTITIONS, ask=ask)
    await projector.start()
    left = [topic.records[0], *topic.records[3:]]
    await projector.apply(left)
    await projector.apply(left)
    await projector.apply(left)
    assert numbers(await world.contents(pool)) == ["I-1", "I-2", "I-3", "I-4"] and not projector.stopped


@pytest.mark.parametrize("seed", range(8))
def test_a_rebuild_takes_what_the_live_projector_takes_however_the_records_are_cut(world, seed):
    """A topic of many lineages, with late records strewn in: both come to the same position."""
    chance = random.Random(seed)
    topic, lineage = Topic(world), 1
    topic.log.add(world.invoice("I-0"), DEALER)
    topic.put(topic.log.all()[0])
    for number in range(1, 60):
        if chance.random() < 0.1:
            late = topic.lost("X")[0]
            lineage += 1
            topic.fence(lineage)
            topic.put(late)
        elif chance.random() < 0.2:
            topic.log.lineage = lineage
        topic.event(f"I-{number}", under=lineage if topic.log.lineage < lineage else None)
    place, live = ("credit-rating", topic.records[0].partition), Reached()
    for record in topic.records:
        if (fence := fence_of(record)) is not None:
            live = live.fenced(fence)
            continue
        one = arrival(record, "credit-rating")
        match live.judge(one.sequence, one.lineage, one.event, one.previous, one.epoch):
            case "next":
                live = live.after(one.sequence, one.lineage, one.event, one.offset).fenced(one.epoch)
            case judged:
                assert judged == "late"
    rebuilt, at, events = {place: Reached()}, 0, 0
    while at < len(topic.records):
        size = chance.randint(1, 7)
        part = Slice(Plan(world.declare()), rebuilt, frozenset())
        part.take("credit-rating", topic.records[at : at + size], 10_000)
        rebuilt, at, events = part.reached, at + size, events + len(part.records)
    assert rebuilt[place] == live and live.sequence == events == 60
