"""Every state that can be reached, breadth first, so that the first wrong one found has a shortest way to it."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, NamedTuple, TypeVar

S = TypeVar("S", bound=Hashable)
W = TypeVar("W")
Step = tuple[str, S]
"""What was done, and the state after it."""


class Explored(NamedTuple, Generic[W]):
    """How many states were reached, and the first wrong one: what is wrong, and the shortest way there."""

    states: int
    steps: int
    wrong: W | None
    trace: tuple[str, ...]


class TooLarge(Exception):
    """More states than the bound: a scene must be chosen that can be explored whole."""


def explore(
    start: S,
    steps: Callable[[S], Iterable[Step[S]]],
    wrong: Callable[[S], W | None],
    *,
    same: Callable[[S], Hashable] = lambda state: state,
    most: int = 400_000,
) -> Explored[W]:
    """Explore all; stop at the first state of which `wrong` says something. States of equal `same` are one state."""
    gc.disable()  # a million tuples, no cycle among them: looking for cycles would take a third of the time
    try:
        return _explored(start, steps, wrong, same, most)
    finally:
        gc.enable()


def _explored(
    start: S,
    steps: Callable[[S], Iterable[Step[S]]],
    wrong: Callable[[S], W | None],
    same: Callable[[S], Hashable],
    most: int,
) -> Explored[W]:
    came_from: dict[Hashable, tuple[Hashable, str]] = {same(start): (None, "")}
    waiting, taken = deque([start]), 0
    while waiting:
        state = waiting.popleft()
        if said := wrong(state):
            return Explored(len(came_from), taken, said, _trace(came_from, same(state)))
        here = same(state)
        for done, after in steps(state):
            taken += 1
            key = same(after)
            if key not in came_from:
                came_from[key] = (here, done)
                waiting.append(after)
        if len(came_from) > most:
            raise TooLarge(f"more than {most} states")
    return Explored(len(came_from), taken, None, ())


def _trace(came_from: dict[Hashable, tuple[Hashable, str]], key: Hashable) -> tuple[str, ...]:
    done: list[str] = []
    while (step := came_from[key])[1]:
        done.append(step[1])
        key = step[0]
    return tuple(reversed(done))
