"""Kafka's shared history is damaged: wiped, recreated, cut off at its beginning. The operator publishes it again."""

from __future__ import annotations

import asyncio
import shutil
import signal

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from dealerlog import records
from dealerlog.topics import create_topics, delete_topics
from eventlog import tail
from events.placement import PARTITIONS
from faults import recovery
from faults.kinds import Strike, kind, until
from faults.world import QUIET, SPLIT, World


def republish(world: World, names: list[str], *, anew: bool) -> None:
    """The operator's step (docs/operating.md): services down, topics as declared, every mark forgotten, services up.

    `anew`: topics that hold a part of their history are deleted first.
    """
    processes = [each for each in world.processes.values() if each.service in names]
    world.stop(processes)
    asyncio.run(_republish(world, names, anew))
    for process in processes:
        world.start(process)


async def _republish(world: World, names: list[str], anew: bool) -> None:
    topics = [world.fleet.topic(name) for name in names]
    if anew:
        await delete_topics(world.fleet.kafka, topics)
        await gone(world, topics)
    members = [each for each in world.fleet.members if each.name in names]
    await asyncio.gather(*(records.republish(world.fleet, each, QUIET) for each in members))


async def gone(world: World, topics: list[str]) -> None:
    """Wait until the broker lists none of them; deletion is not done when it is answered."""
    admin = AIOKafkaAdminClient(**world.fleet.kafka.client_options())
    await admin.start()
    try:
        while set(topics) & set(await admin.list_topics()):
            await asyncio.sleep(0.1)
    finally:
        await admin.close()


@kind("kafka-wiped", "Kafka's data are deleted; the operator republishes", every=2)
def kafka_wiped(strike: Strike) -> None:
    """The services notice a broker that knows nothing, then are stopped for the operator's steps."""
    world = strike.world
    world.broker().popen.kill()
    world.broker().popen.wait()
    shutil.rmtree(world.kafka.folder / "data")
    world.start_kafka()
    strike.pause(0, 2)
    republish(world, [member.name for member in world.fleet.members], anew=False)
    strike.renewed = True


@kind("topic-recreated", "a topic is deleted and created anew under a running publisher", every=2)
def topic_recreated(strike: Strike) -> None:
    """What is appended next lands at offset 0: the publisher must stop and say so, and republishing heal it."""
    world = strike.world
    relay = world.of(SPLIT, "relay")
    topic = world.fleet.topic(SPLIT)

    async def recreate() -> None:
        await delete_topics(world.fleet.kafka, [topic])
        await gone(world, [topic])
        await create_topics(world.fleet.kafka, [each for each in world.fleet.topics() if each[0] == topic])

    asyncio.run(recreate())
    seconds = until(lambda: "republish" in world.notice(relay, "publisher"), "a publisher that stopped", 45)
    strike.note = f"caught after {seconds:.1f} s"
    republish(world, [SPLIT], anew=True)
    strike.renewed = True


@kind("records-deleted", "records below the readers' positions, and some they lack, are deleted", every=2)
def records_deleted(strike: Strike) -> None:
    """Readers that slept meanwhile ask the owner for what the topic lacks; then the operator publishes it all anew."""
    world = strike.world
    sleeper = world.processes["reporting"]
    world.signal(sleeper, signal.SIGSTOP)
    strike.pause(0.5, 1.5)
    asyncio.run(_delete_all_but_the_last(world))
    world.signal(sleeper, signal.SIGCONT)
    strike.pause(1, 2)
    recovery.seen(world)
    republish(world, [member.name for member in world.fleet.members], anew=True)
    strike.renewed = True


async def _delete_all_but_the_last(world: World) -> None:
    client = tail.consumer(world.fleet.kafka.client_options())
    admin = AIOKafkaAdminClient(**world.fleet.kafka.client_options())
    await client.start()
    await admin.start()
    try:
        topics = [world.fleet.topic(member.name) for member in world.fleet.members]
        places = [TopicPartition(topic, p) for topic in topics for p in range(PARTITIONS)]
        ends = await client.end_offsets(places)
        await admin.delete_records({place: RecordsToDelete(end - 1) for place, end in ends.items() if end > 1})
    finally:
        await admin.close()
        await client.stop()
