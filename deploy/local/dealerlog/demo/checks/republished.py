"""Kafka's data deleted: the logs are published again from the databases, and tables rebuilt from them are equal."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

from dealerlog import records, running
from dealerlog.demo.checks.pictures import picture
from dealerlog.demo.engine import Finding, Scene
from dealerlog.standing import settled
from dealerlog.topics import create_topics, delete_topics


async def republished(scene: Scene) -> AsyncIterator[Finding]:
    """Stop, delete, create, republish, start, rebuild."""
    whole, fleet = scene.whole, scene.whole.fleet
    before = {member.name: await picture(fleet, member) for member in fleet.members}
    scene.supervisor.stop_services()
    await _delete(scene)
    await create_topics(fleet.kafka, fleet.topics())
    events = sum([await records.republish(fleet, member, whole.steps) for member in fleet.members])
    running.start(scene.supervisor, fleet)
    stands = await settled(fleet)
    sent = sum(each.published for each in stands)
    yield Finding(f"Kafka's data deleted; {sent:,} of {events:,} events published again", sent == events > 0)
    for member in fleet.members:
        await records.rebuild(fleet, member, whole.steps)
        after = await picture(fleet, member)
        differs = before[member.name].differs(after)
        yield Finding(f"{member.name}: {after}: " + (f"differ in {differs}" if differs else "equal"), not differs)


async def _delete(scene: Scene) -> None:
    """Delete the broker's whole data folder; of somebody's cluster only our topics."""
    kafka, fleet = scene.supervisor.kafka, scene.whole.fleet
    if kafka is None:
        await delete_topics(fleet.kafka, [name for name, _, _ in fleet.topics()])
        return
    kafka.stop()
    shutil.rmtree(kafka.folder / "data")
    kafka.start()
