"""A database dropped: restored from its topic and the code alone it is equal, and knows the commands it was given."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from dealerlog import records, running
from dealerlog.client import Api
from dealerlog.databases import drop_databases
from dealerlog.demo.checks.pictures import picture
from dealerlog.demo.engine import Finding, Scene
from dealerlog.fleet import MEMBERS
from dealerlog.sample import requests
from dealerlog.sample.answers import Answers
from dealerlog.sample.network import SEED
from dealerlog.standing import settled

LOST = "customer-registry"


async def restored(scene: Scene) -> AsyncIterator[Finding]:
    """Drop the registry's database, restore it, start it, compare, repeat a command."""
    whole, fleet, member = scene.whole, scene.whole.fleet, MEMBERS[LOST]
    stands = {each.service: each for each in await settled(fleet)}
    before, told = await picture(fleet, member), await _repeat(scene)
    unpublished = stands[LOST].events - stands[LOST].published
    yield Finding(f"{LOST}: {before}; {unpublished} not published", unpublished == 0 and told.is_success)
    scene.supervisor.stop_services()
    await drop_databases(whole.where.admin_url, [fleet.databases[LOST].name])
    await running.fleet_of(whole.installation, whole.where)
    done = await records.restore(fleet, member, whole.steps)
    running.start(scene.supervisor, fleet)
    await settled(fleet)
    after = await picture(fleet, member)
    differs = before.differs(after)
    said = f"database dropped, {done.events:,} events restored from Kafka, lineage {done.lineage}"
    yield Finding(f"{said}: " + (f"differ in {differs}" if differs else f"{after}: equal"), not differs)
    repeated = await _repeat(scene)
    same = (repeated.status_code, repeated.content) == (told.status_code, told.content)
    grown = (await picture(fleet, member)).log != after.log
    yield Finding(
        f"a command of before the loss repeated: {repeated.status_code}, "
        f"{'the same answer' if same else f'another answer: {repeated.text[:200]}'}, {'an' if grown else 'no'} event",
        same and not grown,
    )


async def _repeat(scene: Scene) -> httpx.Response:
    """The first dealer's submission once more, under its key."""
    network, fleet = scene.whole.network, scene.whole.fleet
    assert network
    dealer = next(each for each in network.dealers if each.supplier is None)
    step = requests.submit(network.seed, dealer)
    content, media = Answers().content(step)
    headers = {"Idempotency-Key": f"sample-{SEED}-{step.key}", "Content-Type": media}
    async with Api(fleet) as api:
        return await api.ask(step.service, step.method, step.path, step.actor, content=content, headers=headers)
