"""What must hold in every state: laws 1 and 2 for one partition, each named by what is wrong where it does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from itertools import pairwise

from .appending import at_the_moment
from .publishing import agreed
from .state import Event, Publisher, Scene, State, history


class Wrong(Enum):
    """What a state may show."""

    TWICE_IN_LOG = "double: a command or a sequence is in the log twice"
    HOLE = "hole: a sequence that will never come"
    LOST = "loss: what was answered is not in the log"
    MOVED_CUT = "moved cut: something was recorded at a moment that had been cut"
    SECOND_HISTORY = "fork: the log took an event where its topic has another"
    NEEDLESS_STOP = "needless stop: topic and log differ although neither was replaced"
    UNHEALED = "unhealed fork: a log that adopted its topic differs from it, or a reader of that topic stops"
    LOST_ON_THE_WAY = "loss: the topic lacks an event that its publisher has behind it"
    REORDERED = "reordering: an event is before the one that it follows"
    PUBLISHED_FORK = "hidden fork: topic and log differ and the publisher goes on"
    APPLIED_TWICE = "double: an event was applied twice"
    PASSED_OVER = "loss: an event was not applied and the position is behind it"
    APPLIED_FORK = "hidden fork: what was applied does not continue what was applied before"
    SKIPPED_FORK = "hidden fork: another history's event was passed over as a duplicate"


def wrong(state: State, scene: Scene) -> Iterator[Wrong]:
    """Everything that is wrong."""
    yield from _log(state)
    for publisher in state.publishers:
        yield from _publisher(state, scene, publisher)
    yield from _tables(state)
    if state.left.recreations == scene.faults.recreations:
        yield from _one_topic(state, scene)


def _log(state: State) -> Iterator[Wrong]:
    events = state.database.events
    commands = [each.command for each in events]
    numbers = [each.sequence for each in events]
    if len(commands) != len(set(commands)) or len(numbers) != len(set(numbers)):
        yield Wrong.TWICE_IN_LOG
    coming = {each.uncommitted.sequence for each in state.writers if each.uncommitted}
    if numbers and not set(range(1, numbers[-1])) <= coming.union(numbers):
        yield Wrong.HOLE
    held = commands + [each.command for _, each in history(state.topic)] if state.closed else commands
    if state.answered - state.excused - set(held):
        yield Wrong.LOST
    if state.cut is not None and at_the_moment(state) != state.cut:
        yield Wrong.MOVED_CUT


def _publisher(state: State, scene: Scene, publisher: Publisher) -> Iterator[Wrong]:
    """One that goes on has a topic that tells the log up to its mark; one that stops has a reason."""
    replaced = state.left.recreations < scene.faults.recreations or state.server
    if publisher.stopped and not replaced:
        yield Wrong.NEEDLESS_STOP
    if not publisher.open or publisher.generation != state.generation or state.closed:
        return
    told: dict[int, Event] = {}
    for _, event in history(state.topic[: publisher.next_offset]):
        if told.setdefault(event.sequence, event).id != event.id:
            yield Wrong.PUBLISHED_FORK
    for event in state.database.events:
        if event.sequence > publisher.sequence:
            break
        if event.sequence not in told:
            yield Wrong.LOST_ON_THE_WAY
        elif told[event.sequence].id != event.id:
            yield Wrong.PUBLISHED_FORK
    if list(told) != sorted(told):
        yield Wrong.REORDERED


def _one_topic(state: State, scene: Scene) -> Iterator[Wrong]:
    """While nobody replaces the topic, `adopt` heals, no reader meets a fork, and all apply what the topic tells."""
    if state.contradicted:
        yield Wrong.SECOND_HISTORY
    adopted = state.database.lineage > 1 and not state.closed
    if any(each.stopped for each in state.consumers) or (
        adopted and agreed(state.database, state.topic, scene) is None
    ):
        yield Wrong.UNHEALED
    told = {event.sequence: event.id for _, event in history(state.topic)}
    if any(told[each.sequence] != each.id for each in state.rows):
        yield Wrong.APPLIED_FORK


def _tables(state: State) -> Iterator[Wrong]:
    numbers = [each.sequence for each in state.rows]
    if len(numbers) != len(set(numbers)):
        yield Wrong.APPLIED_TWICE
    if numbers != sorted(numbers):
        yield Wrong.REORDERED
    if len(set(numbers)) < max(state.position.sequence, *numbers, 0):
        yield Wrong.PASSED_OVER
    if any(after.previous != before.id for before, after in pairwise(state.rows) if after.sequence > before.sequence):
        yield Wrong.APPLIED_FORK
    if any(each.blind for each in state.consumers):
        yield Wrong.SKIPPED_FORK
