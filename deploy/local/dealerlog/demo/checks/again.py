"""The network loaded and decided a second time: every write is recognised, nothing is added."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dealerlog.client import Api
from dealerlog.decisions import decide
from dealerlog.demo.engine import Finding, Scene
from dealerlog.loading import load_network
from dealerlog.standing import settled


async def again(scene: Scene) -> AsyncIterator[Finding]:
    """The same facts, the same commands under the same keys."""
    whole = scene.whole
    assert whole.loaded and whole.network
    before = [each.events for each in await settled(whole.fleet)]
    loaded = await load_network(whole.fleet, whole.steps, whole.network)
    async with Api(whole.fleet, reached=loaded.positions) as api:
        runs = await decide(api, whole.network, loaded.dealers, whole.steps)
    after = [each.events for each in await settled(whole.fleet)]
    yield Finding(
        f"{loaded.requests:,} requests: {loaded.accepted} facts accepted, {loaded.duplicates:,} known",
        loaded.accepted == 0 and loaded.duplicates == whole.loaded.accepted + whole.loaded.duplicates,
    )
    yield Finding(f"events before {sum(before):,}, after {sum(after):,}; the same runs", before == after and
                  runs == whole.runs)  # fmt: skip
