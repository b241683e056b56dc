"""The append–publish–consume protocol of one partition, explored whole within the bounds of a scene."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TypeVar

from . import appending, consuming, failing, laws, publishing
from .explore import Explored, Step, explore
from .laws import Wrong
from .state import Scene, State

T = TypeVar("T")


def steps(state: State, scene: Scene) -> Iterator[Step[State]]:
    """Everything that may happen next."""
    yield from appending.steps(state, scene)
    yield from publishing.steps(state, scene)
    yield from consuming.steps(state, scene)
    yield from failing.steps(state, scene)


def explored(scene: Scene, seeking: Wrong | None = None) -> Explored[Wrong]:
    """Every state of a scene, up to the names of equals; ends at what is sought, or at the first of anything wrong."""

    def wrong(state: State) -> Wrong | None:
        return next((each for each in laws.wrong(state, scene) if seeking in (None, each)), None)

    return explore(scene.start(), lambda state: steps(state, scene), wrong, same=_same)


def _same(state: State) -> Hashable:
    """Two writers, publishers or consumers that changed places make no other state."""
    return state._replace(
        writers=_in_one_order(state.writers),
        publishers=_in_one_order(state.publishers),
        consumers=_in_one_order(state.consumers),
    )


def _in_one_order(equals: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(sorted(equals, key=hash)) if len(equals) > 1 else equals
