"""What befalls servers and topics, and what operators do then: promotion, `adopt`, a topic made anew, `republish`."""

from __future__ import annotations

from collections.abc import Iterator

from .explore import Step
from .state import Hint, Mechanism, Scene, State, Writer


def steps(state: State, scene: Scene) -> Iterator[Step[State]]:
    """What may befall next."""
    if left := state.spend("recreations"):
        topic = state._replace(topic=(), generation=state.generation + 1, left=left)
        yield "the topic is deleted and created", _excused(topic) if state.closed else topic
    if state.generation and state.database.hint:
        database = state.database._replace(hint=None)
        yield "republish", state._replace(database=database)
    if left := state.spend("copies"):
        yield "the replica is as the server", state._replace(replica=state.database, left=left)
    if state.replica and (left := state.spend("promotions")):
        promoted = state._replace(
            database=state.replica, server=state.server + 1, left=left, writers=tuple(Writer() for _ in state.writers)
        )
        yield "the replica is promoted", _excused(promoted)
    if state.closed and (adopted := _adopted(state, scene)):
        yield "adopt", adopted


def _excused(state: State) -> State:
    """What was answered and is neither in the replica nor in the topic is lost, and counted (law 1)."""
    there = {each.command for each in (*state.database.events, *state.topic)}
    return state._replace(excused=state.excused | (state.answered - there))


def _adopted(state: State, scene: Scene) -> State | None:
    """restore._join: what the topic has and the log lacks, then a higher lineage; None for `CannotRestore`."""
    under_way = state.late or any(f.base is None for each in state.publishers for f in each.flights)
    if scene.has(Mechanism.FENCE) and under_way:
        return None
    events = list(state.database.events)
    last = events[-1] if events else None
    sequence, id_ = (last.sequence, last.id) if last else (0, None)
    for event in state.topic:
        if event.sequence <= sequence:
            if last and event.sequence == last.sequence and event.id != last.id:
                return None
            continue
        if event.sequence != sequence + 1 or event.previous != id_:
            return None
        sequence, id_ = event.sequence, event.id
        events.append(event)
    hint = state.database.hint
    if state.topic:
        hint = Hint(state.topic[-1].sequence, state.topic[-1].id, len(state.topic) - 1)
    lineage = max([state.database.lineage, *(each.lineage for each in events)]) + 1
    database = state.database._replace(events=tuple(events), hint=hint, lineage=lineage, server=state.server)
    return state._replace(database=database)
