"""Which fault comes when: a seed repeats it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from faults.kinds import Kind


class Planned(NamedTuple):
    """One fault to come; its own seed steers what the kind chooses."""

    kind: Kind
    seed: int


def schedule(seed: int, faults: int, kinds: Mapping[str, Kind]) -> list[Planned]:
    """So many faults in rounds: each round holds every kind once, a rare one in every so-many-th round, shuffled."""
    chance = Random(seed)
    planned: list[Planned] = []
    turn = 0
    while len(planned) < faults and kinds:
        names: Sequence[str] = sorted(name for name, kind in kinds.items() if turn % kind.every == 0)
        for name in chance.sample(names, len(names)):
            planned.append(Planned(kinds[name], chance.getrandbits(32)))
        turn += 1
    return planned[:faults]
