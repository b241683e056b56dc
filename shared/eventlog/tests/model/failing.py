"""What befalls servers and topics, and what operators do then: promotion, `adopt`, a topic made anew, `republish`."""

from __future__ import annotations

from collections.abc import Iterator

from .explore import Step
from .publishing import epoch_of
from .state import Database, Hint, Mechanism, Scene, State, Writer, fence, history


def steps(state: State, scene: Scene) -> Iterator[Step[State]]:
    """What may befall next."""
    if left := state.spend("recreations"):
        topic = state._replace(topic=(), generation=state.generation + 1, left=left)
        yield "the topic is deleted and created", _excused(topic) if state.closed else topic
    if state.generation and state.database.hint:
        database = state.database._replace(hint=None)
        yield "republish", state._replace(database=database)
    if left := state.spend("copies"):
        yield "the replica is as the server", state._replace(replica=state.database._replace(adopting=0), left=left)
    if state.replica and (left := state.spend("promotions")):
        promoted = state._replace(
            database=state.replica, server=state.server + 1, left=left, writers=tuple(Writer() for _ in state.writers)
        )
        yield "the replica is promoted", _excused(promoted)
    if state.closed and (joined := _joined(state)):
        yield _adopt(state, scene, joined)


def _excused(state: State) -> State:
    """What was answered and is neither in the replica nor in the topic is lost, and counted (law 1)."""
    there = {each.command for each in (*state.database.events, *(each for _, each in history(state.topic)))}
    return state._replace(excused=state.excused | (state.answered - there))


def _adopt(state: State, scene: Scene, joined: Database) -> Step[State]:
    """restore._join: a fence, then what stands before it; a topic made anew meanwhile holds none: `adopt` once more."""
    fences = scene.has(Mechanism.FENCE) and scene.has(Mechanism.FENCE_FIRST)
    if fences and not (state.database.adopting and epoch_of(state.topic) == state.database.adopting):
        database = state.database._replace(adopting=joined.lineage)
        sent = state._replace(database=database, topic=(*state.topic, fence(joined.lineage)))
        return f"adopt sends fence {joined.lineage}", sent
    lineage = state.database.adopting or joined.lineage
    done = joined._replace(lineage=lineage, server=state.server, adopting=0)
    return f"adopt joins as lineage {lineage}", state._replace(database=done)


def _joined(state: State) -> Database | None:
    """The log with what the topic has and it lacks, and a lineage above all; None for `CannotRestore`."""
    events = list(state.database.events)
    last = events[-1] if events else None
    sequence, id_ = (last.sequence, last.id) if last else (0, None)
    hint = state.database.hint
    for offset, event in history(state.topic):
        if not hint or event.sequence >= hint.sequence:
            hint = Hint(event.sequence, event.id, offset)
        if event.sequence <= sequence:
            if last and event.sequence == last.sequence and event.id != last.id:
                return None
            continue
        if event.sequence != sequence + 1 or event.previous != id_:
            return None
        sequence, id_ = event.sequence, event.id
        events.append(event._replace(epoch=0))
    lineage = 1 + max([state.database.lineage, epoch_of(state.topic), *(each.lineage for each in events)])
    return state.database._replace(events=tuple(events), hint=hint, lineage=lineage)
