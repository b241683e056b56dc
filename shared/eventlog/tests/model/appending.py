"""Writers, the clock and cuts: log.append and log.raise_floor, a step wherever others may come between."""

from __future__ import annotations

from collections.abc import Iterator

from .explore import Step
from .state import Event, Mechanism, Scene, State, Writer, history, put


def steps(state: State, scene: Scene) -> Iterator[Step[State]]:
    """What the writers may do next."""
    for n, writer in enumerate(state.writers):
        if writer.uncommitted:
            yield from _ends(state, scene, n, writer.uncommitted)
        elif writer.committed:
            yield from _answers(state, n, writer.committed)
        else:
            yield from _begins(state, scene, n)
    if scene.cuts:
        yield from _time(state, scene)


def _begins(state: State, scene: Scene, n: int) -> Iterator[Step[State]]:
    """log.take_partition, the look-up and the insert, up to the commit: one statement, whose lock outlives it.

    A client repeats what was not answered, and any writer may get the repeat, also at once.
    """
    if state.closed and scene.has(Mechanism.LINEAGE):
        return
    if scene.has(Mechanism.LOCK) and any(each.uncommitted for each in state.writers):
        return
    database = state.database
    known = {each.command for each in database.events}
    last = database.events[-1] if database.events else Event(0, 0, None, 0, 0)
    for command in state.todo:
        if command in known and scene.has(Mechanism.LOOK_UP):
            writers = put(state.writers, n, Writer(committed=command))
            yield f"writer {n} finds command {command} known", state._replace(writers=writers)
            continue
        recorded_at = max(last.recorded_at, state.clock, state.floor + 1 if scene.has(Mechanism.FLOOR) else 0)
        sequence = last.sequence + 1 if scene.has(Mechanism.DENSE) else state.identity + 1
        event = Event(sequence, 10 * state.server + command, last.id or None, database.lineage, command, recorded_at)
        writers = put(state.writers, n, Writer(event))
        after = state._replace(writers=writers, identity=state.identity if scene.has(Mechanism.DENSE) else sequence)
        yield f"writer {n} inserts command {command} as {sequence}", after


def _ends(state: State, scene: Scene, n: int, event: Event) -> Iterator[Step[State]]:
    """COMMIT becomes visible, or is refused by a key; or the connection is lost before it."""
    gone = put(state.writers, n, Writer())
    taken = any(e.sequence == event.sequence or e.command == event.command for e in state.database.events)
    if taken and scene.has(Mechanism.KEYS):
        yield f"writer {n} is refused by a key", state._replace(writers=gone)
    else:
        events = tuple(sorted((*state.database.events, event)))
        against = any(e.sequence == event.sequence and e.id != event.id for _, e in history(state.topic))
        yield (
            f"writer {n} commits {event.sequence}",
            state._replace(
                database=state.database._replace(events=events),
                writers=put(state.writers, n, Writer(committed=event.command)),
                contradicted=state.contradicted or against,
            ),
        )
    if left := state.spend("rollbacks"):
        yield f"writer {n} is rolled back", state._replace(writers=gone, left=left)


def _answers(state: State, n: int, command: int) -> Iterator[Step[State]]:
    """The client gets its answer; or the connection is lost on the way, and it repeats the command."""
    gone = put(state.writers, n, Writer())
    answered, todo = state.answered | {command}, state.todo - {command}
    yield f"writer {n} answers {command}", state._replace(writers=gone, answered=answered, todo=todo)
    if left := state.spend("rollbacks"):
        yield f"writer {n} loses its answer", state._replace(writers=gone, left=left)


def _time(state: State, scene: Scene) -> Iterator[Step[State]]:
    """The moment passes (or the host's clock is set back), and is asked for as a cut: cuts.cut, log.raise_floor."""
    if not state.clock:
        yield "the moment passes", state._replace(clock=1)
    elif left := state.spend("steps_back"):
        yield "the clock is set back", state._replace(clock=0, left=left)
    free = not scene.has(Mechanism.LOCK) or not any(each.uncommitted for each in state.writers)
    if state.clock and state.cut is None and free:
        yield "the moment is cut", state._replace(cut=at_the_moment(state), floor=0)


def at_the_moment(state: State) -> int:
    """The last sequence recorded at or before the moment: log.last_sequence."""
    return max((e.sequence for e in state.database.events if e.recorded_at == 0), default=0)
