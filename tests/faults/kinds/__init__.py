"""The registry of faults: a kind is one small function that strikes and, where an operator must act, heals.

A kind returns once the fault is over; that everything becomes healthy afterwards is the campaign's to see. A kind whose
defence must show itself (a fork is caught, a probe turns red) asserts it; `Unseen` says what did not show.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from faults.ledger import Ledger
from faults.world import World


class Unseen(AssertionError):
    """What the product promises to notice went unnoticed."""


@dataclass
class Strike:
    """What a kind is given: the world, its own seeded chance, and where it leaves word for the judge.

    `renewed`: topics were emptied and filled again, so they are read from the start. `rewound`: the logs were taken
    back by nature of the fault, so they are read anew, and what was acknowledged but never published is forgiven.
    """

    world: World
    chance: Random
    ledger: Ledger
    renewed: bool = False
    rewound: bool = False
    note: str = ""

    def pause(self, least: float, most: float) -> None:
        """A seeded while."""
        time.sleep(self.chance.uniform(least, most))


@dataclass(frozen=True)
class Kind:
    """One sort of fault. `every`: it comes in one of so many rounds; `needs`: why it cannot be tried, if so."""

    name: str
    says: str
    strike: Callable[[Strike], None]
    every: int
    needs: Callable[[World], str | None]


KINDS: dict[str, Kind] = {}


def kind(
    name: str, says: str, *, every: int = 1, needs: Callable[[World], str | None] = lambda world: None
) -> Callable[[Callable[[Strike], None]], Callable[[Strike], None]]:
    """Enter a fault into the registry."""

    def enter(strike: Callable[[Strike], None]) -> Callable[[Strike], None]:
        assert name not in KINDS, name
        KINDS[name] = Kind(name, says, strike, every, needs)
        return strike

    return enter


def until(seen: Callable[[], bool], what: str, seconds: float = 30.0) -> float:
    """Wait for what must show itself and answer the seconds it took; raises `Unseen`."""
    begun = time.monotonic()
    while not seen():
        if time.monotonic() - begun > seconds:
            raise Unseen(f"{what} was not seen within {seconds:.0f} s")
        time.sleep(0.2)
    return time.monotonic() - begun
