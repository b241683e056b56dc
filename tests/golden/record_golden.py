"""Take the golden digest anew, on purpose: `make golden`. The diff of `digest.txt` says what changed.

`make golden LOGS=1` records the logs anew as well, which is due when there is a new event type: what is in git was
decided by the code of its day, and is worth keeping for that. `every_type` is made from a seed out of the shipped
samples. `decisions` comes from running services: a few dealers of the sample network, rated twice (late documents
between, some of them about months that were closed), classified, their orders checked (of three with their owner
group), a limit computed anew, some reviewed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import golden_log
from golden_replay import Environment, one_digest, replayed

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))

from installed import QUIET, installed
from varied import every_type_varied

from dealerlog.addresses import Addresses
from dealerlog.bookkeeping import keep_books
from dealerlog.client import Api
from dealerlog.collecting import collect
from dealerlog.databases import create_databases
from dealerlog.decisions import classify, place_orders, rate
from dealerlog.diligence import look_into
from dealerlog.fleet import MEMBERS, Fleet
from dealerlog.groups import group
from dealerlog.loading import load_network
from dealerlog.policies import draft_policy
from dealerlog.reviews import review
from dealerlog.sample.calendar import LAST_DAY
from dealerlog.sample.network import SEED, Network, network
from dealerlog.standing import settled
from dealerlog.statements import state
from dealerlog.terms import change_terms
from dealerlog.testing import shared_stack, stop_shared_stack
from eventlog import tail
from events.placement import HEADER, PARTITIONS, pack

EVERY = 36
"""One of so many dealers of the sample network."""


def few(whole: Network) -> Network:
    """Every so many-th dealer, with all that belongs to it."""
    numbers = {each.number for each in whole.dealers[::EVERY]}
    return replace(
        whole,
        dealers=tuple(replace(each, supplier=None) for each in whole.dealers if each.number in numbers),
        surveys=tuple(each for each in whole.surveys if each.dealer.number in numbers),
        visits=tuple(each for each in whole.visits if each.dealer.number in numbers),
        deliveries=tuple(each for each in whole.deliveries if each.dealer.number in numbers),
        stock=tuple(each for each in whole.stock if each.dealer.number in numbers),
        returns=tuple(each for each in whole.returns if each.delivery.dealer.number in numbers),
        entries=tuple(each for each in whole.entries if _dealer(each).number in numbers),
    )


def _dealer(entry: Any) -> Any:
    while not hasattr(entry, "dealer"):
        entry = getattr(entry, "delivery", None) or entry.dispute
    return entry.dealer


async def decided(fleet: Fleet) -> list[tuple[str, bytes, bytes]]:
    """Load, decide, load what is late, decide again; every record of every topic."""
    sample = few(network(SEED))
    first = replace(sample, entries=tuple(each for each in sample.entries[: len(sample.entries) * 9 // 10]))
    people = sample.organisation
    loaded = await load_network(fleet, QUIET, first)
    async with Api(fleet, reached=loaded.positions) as api:
        for region in people.regions:
            await rate(api, region.code, region.director)
        await classify(api, people.head_of_marketing)
        await group(api, sample.dealers, loaded.dealers, people.head_of_marketing)
        await place_orders(api, sample.dealers, loaded.dealers)
        await keep_books(api, first.entries, loaded.dealers, people.credit_controller)
        await change_terms(api, sample.dealers, loaded.dealers, people.head_of_marketing)
        late = await load_network(fleet, QUIET, sample)
        api.reached = late.positions
        for region in people.regions:
            body = {"region": region.code, "as_of": LAST_DAY.isoformat()}
            api.saw(await api.post("credit-rating", "/rating-runs", region.director, body, key=f"again-{region.code}"))
        await settled(fleet)
        directors = {region.code: region.director for region in people.regions}
        await review(api, sample.dealers, late.dealers, directors)
        await look_into(api, sample.dealers[1:3], late.dealers)
        await collect(api, sample, late.dealers)
        await state(api, sample.dealers[::3], late.dealers, people.credit_controller)
        await draft_policy(api, people.credit_controller)
    await settled(fleet)
    return [
        (service, pack(record.placement), record.document)
        for service in MEMBERS
        for partition in range(PARTITIONS)
        async for batch in tail.scan(fleet.kafka.client_options(), fleet.topic(service), partition)
        for record in batch
    ]


def every_type() -> list[tuple[str, bytes, bytes]]:
    """Every sample of every type and version, varied, from a seed."""
    histories = every_type_varied(SEED)
    return [(h.source, dict(kept.headers)[HEADER], kept.value) for h in histories for kept in h.all()]


async def digest(stack: Addresses) -> list[str]:
    """The lines that a replay of what is recorded comes to."""
    databases = await create_databases(stack.admin_url, lambda _: "golden", prefix="golden_", names=["replay"])
    return await replayed(Environment(databases["replay"].owner, databases["replay"].app))


def main() -> None:
    """Record the logs if told so, then the digest."""
    if "logs" in sys.argv:
        with installed("golden", today=LAST_DAY) as (_, fleet):
            golden_log.write("every_type", every_type())
            golden_log.write("decisions", asyncio.run(decided(fleet)))
    try:
        lines = asyncio.run(digest(shared_stack(os.getpid())))
    finally:
        stop_shared_stack(os.getpid())
    golden_log.DIGEST.write_text("\n".join([*lines, f"digest {one_digest(lines)}", ""]), encoding="utf-8")
    print(f"{len(lines)} lines, digest {one_digest(lines)}: see git diff tests/golden/digest.txt")


if __name__ == "__main__":
    main()
