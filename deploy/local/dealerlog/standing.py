"""How an installation stands: each log's size and how much of it is published, seen by whom, and what is parked."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

import httpx

from dealerlog.fleet import Fleet
from dealerlog.problem import Problem
from dealerlog.readmodel import opened
from eventlog.parking import ParkedStream


class Follows(NamedTuple):
    """How far a service's tables follow one log: events seen, and what it lacks in events and in seconds."""

    source: str
    seen: int
    lag_events: int
    lag_seconds: float


class Standing(NamedTuple):
    """One service: its process, its log, what it follows, its reactions' positions, its parked streams."""

    service: str
    answers: bool
    events: int
    published: int
    lineage: int
    follows: list[Follows]
    reactions: dict[str, int]
    reacts_to: dict[str, int]
    parked: list[ParkedStream]

    @property
    def behind(self) -> str:
        """What is still to be done, empty if nothing is: unpublished, unseen, not reacted to."""
        lag = sum(each.lag_events for each in self.follows)
        unpublished = self.events - self.published
        late = [reader for reader, seen in self.reactions.items() if seen < self.reacts_to.get(reader, 0)]
        said = [f"{unpublished:,} not published"] if unpublished else []
        said += [f"{lag:,} not seen"] if lag else []
        return ", ".join(said + [f"{reader} behind" for reader in late])


async def settled(fleet: Fleet, seconds: float = 120.0) -> list[Standing]:
    """Wait until everything is published, seen and reacted to, and nothing was added meanwhile."""
    deadline, before = time.monotonic() + seconds, [0]
    while True:
        found = await standing(fleet)
        sizes = [each.events for each in found]
        behind = "; ".join(f"{each.service}: {each.behind}" for each in found if each.behind)
        if not behind and sizes == before:
            return found
        if time.monotonic() > deadline:
            raise Problem(f"not settled after {seconds:.0f} s: {behind or 'the logs still grow'}")
        before = sizes
        await asyncio.sleep(0.5)


async def standing(fleet: Fleet) -> list[Standing]:
    """Every service of a fleet, as its database says it now."""
    ends: dict[str, dict[int, int]] = {}
    for each in fleet.members:
        async with opened(fleet, each) as own:
            ends[each.name] = await own.ends()
    return [await _one(fleet, each.name, ends) for each in fleet.members]


async def _one(fleet: Fleet, name: str, ends: dict[str, dict[int, int]]) -> Standing:
    each = next(member for member in fleet.members if member.name == name)
    async with opened(fleet, each) as own:
        log = await own.log()
        seen = await own.seen_by_partition()
        reactions, parked = await own.reactions(), await own.parked()
    follows = [await _follows(fleet, source, by, ends.get(source, {})) for source, by in sorted(seen.items())]
    return Standing(
        name, await _answers(fleet.urls[name]), log.events, log.published, log.lineage, follows,
        {reader: sum(by.values()) for reader, by in reactions.items()},
        {reader: sum(sum(ends.get(source, {}).values()) for source in by) for reader, by in reactions.items()},
        parked,
    )  # fmt: skip


async def _follows(fleet: Fleet, source: str, seen: dict[int, int], ends: dict[int, int]) -> Follows:
    lag = sum(max(0, end - seen.get(partition, 0)) for partition, end in ends.items())
    seconds = 0.0
    if lag:
        async with opened(fleet, next(each for each in fleet.members if each.name == source)) as owner:
            seconds = await owner.oldest_unseen_seconds({p: seen.get(p, 0) for p in ends})
    return Follows(source, sum(seen.values()), lag, seconds)


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as http:
            return (await http.get(f"{url}/health/ready")).is_success
    except httpx.HTTPError:
        return False
