"""Consumers come and go: partitions change hands while batches are under way."""

from __future__ import annotations

from faults.kinds import Strike, kind
from faults.world import SPLIT


@kind("workers-scaled", "workers are added and taken away again, some by SIGKILL", every=2)
def workers_scaled(strike: Strike) -> None:
    """Each rebalance hands partitions over; positions in the database alone say what is done."""
    world = strike.world
    added = [world.extra(service, "worker") for service in (SPLIT, "reporting")]
    if strike.chance.random() < 0.5:
        added.append(world.extra(SPLIT, "worker"))
    strike.pause(2, 5)
    strike.chance.shuffle(added)
    for process in added:
        if strike.chance.random() < 0.5:
            world.kill(process)
        world.dismiss(process)
        strike.pause(0, 0.5)
