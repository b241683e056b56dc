"""Publishers and their topic: eventlog.publisher, and a broker that keeps what arrives in the order it arrives."""

from __future__ import annotations

from collections.abc import Iterator

from .explore import Step
from .state import Database, Event, Flight, Hint, Mechanism, Publisher, Scene, State, fence, history, put


def steps(state: State, scene: Scene) -> Iterator[Step[State]]:
    """What the publishers and the broker may do next."""
    for n, publisher in enumerate(state.publishers):
        if not publisher.open:
            if scene.has(Mechanism.LEASE) and any(each.open for each in state.publishers):
                continue
            yield _opens(state, scene, n)
            continue
        if not publisher.noted:
            yield _notes(state, n, publisher)
        else:
            yield from _sends(state, scene, n, publisher)
        yield from _lands(state, n, publisher)
        if publisher.flights and publisher.flights[0].base is not None:
            yield _acknowledged(state, scene, n, publisher)
        yield from _fails(state, n, publisher)
    for n, events in enumerate(state.late):
        after = state._replace(late=put(state.late, n, ())[:n] + state.late[n + 1 :], topic=state.topic + events)
        yield f"a late batch lands: {_names(events)}", after


NOTHING = Hint(0, 0, -1)


def agreed(database: Database, topic: tuple[Event, ...], scene: Scene) -> Hint | None:
    """agreement.agreed_marks: the last event that log and topic agree on, None where they do not (`Diverged`)."""
    hint, known = database.hint, {each.sequence: each.id for each in database.events}
    if hint and not (hint.offset < len(topic) and topic[hint.offset].id == hint.id == known.get(hint.sequence)):
        return None
    start = max(hint.offset, 0) if hint else 0
    if epoch_of(topic[start:]) > database.lineage:
        return None
    if not scene.has(Mechanism.READ_ON):
        ends = [Hint(event.sequence, event.id, offset) for offset, event in history(topic)]
        last = ends[-1] if ends else NOTHING
        return None if ends and known.get(last.sequence) != last.id else last
    if topic and topic[0].sequence > 1:
        return None
    mark = hint or NOTHING
    for offset, event in history(topic[start:]):
        if event.sequence > mark.sequence + 1 or known.get(event.sequence) != event.id:
            return None
        if event.sequence > mark.sequence:
            mark = Hint(event.sequence, event.id, start + offset)
    return mark


def epoch_of(topic: tuple[Event, ...]) -> int:
    """The highest lineage of which these records speak."""
    return max((each.epoch for each in topic), default=0)


def _opens(state: State, scene: Scene, n: int) -> Step[State]:
    mark, lineage = agreed(state.database, state.topic, scene), state.database.lineage
    if mark is None:
        return f"publisher {n} stops: topic and log differ", _put(state, n, Publisher(stopped=True))
    if scene.has(Mechanism.FENCE) and lineage > 1 and epoch_of(state.topic) < lineage:
        return f"publisher {n} sends fence {lineage}", state._replace(topic=(*state.topic, fence(lineage)))
    opened = Publisher(True, mark.sequence, mark.id or None, len(state.topic), lineage, generation=state.generation)
    after = _put(state, n, opened)
    return f"publisher {n} opens at {mark.sequence}", _noted(after, mark) if mark.sequence else after


def _sends(state: State, scene: Scene, n: int, publisher: Publisher) -> Iterator[Step[State]]:
    """Publisher._send up to the request: the rows from the mark inclusive, the first of them compared."""
    if len(publisher.flights) >= (1 if scene.has(Mechanism.ONE_IN_FLIGHT) else 2):
        return
    sent = publisher.flights[-1].events[-1] if publisher.flights else publisher
    rows = [each for each in state.database.events if each.sequence >= sent.sequence]
    if rows and not publisher.sequence < rows[-1].sequence:
        return
    if sent.sequence and scene.has(Mechanism.ROW_AT_MARK) and (not rows or rows[0].id != sent.id):
        if rows or state.database.events:
            yield f"publisher {n} stops: the row at its mark differs", _put(state, n, Publisher(stopped=True))
        return
    if rows and rows[-1].lineage > publisher.lineage and scene.has(Mechanism.ONE_LINEAGE):
        yield f"publisher {n} closes: the log was adopted", _put(state, n, Publisher())
        return
    behind = [each for each in rows if each.sequence > sent.sequence]
    if scene.has(Mechanism.STAMP):
        behind = [each._replace(epoch=max(each.lineage, publisher.lineage)) for each in behind]
    else:
        behind = [each._replace(epoch=each.lineage) for each in behind]
    for size in range(1, min(scene.batch, len(behind)) + 1):
        flight = Flight(tuple(behind[:size]))
        after = publisher._replace(flights=(*publisher.flights, flight))
        yield f"publisher {n} sends {_names(flight.events)}", _put(state, n, after)


def _lands(state: State, n: int, publisher: Publisher) -> Iterator[Step[State]]:
    """The broker appends the batch; or appends it again, when its answer was lost and the producer is forgotten."""
    for place, flight in enumerate(publisher.flights):
        left = state.left if flight.base is None else state.spend("resends")
        if left is None:
            continue
        landed = flight._replace(base=len(state.topic), generation=state.generation)
        after = _put(state, n, publisher._replace(flights=put(publisher.flights, place, landed)))
        word = "lands" if flight.base is None else "lands again"
        yield (
            f"batch {_names(flight.events)} of publisher {n} {word} at {len(state.topic)}",
            after._replace(topic=state.topic + flight.events, left=left),
        )


def _acknowledged(state: State, scene: Scene, n: int, publisher: Publisher) -> Step[State]:
    """Publisher._send from the answer on: `Moved` if the batch is not right behind the last one."""
    flight, *rest = publisher.flights
    if flight.base != publisher.next_offset and scene.has(Mechanism.BASE_OFFSET):
        return f"publisher {n} closes: its batch landed elsewhere", _put(state, n, Publisher())
    last = flight.events[-1]
    after = Publisher(
        True, last.sequence, last.id, publisher.next_offset + len(flight.events), publisher.lineage, tuple(rest), False,
        generation=flight.generation,
    )  # fmt: skip
    return f"publisher {n} is at {last.sequence}", _put(state, n, after)


def _notes(state: State, n: int, publisher: Publisher) -> Step[State]:
    """Publisher._round writes log.mark."""
    hint = Hint(publisher.sequence, publisher.id or 0, publisher.next_offset - 1)
    return f"publisher {n} notes {hint.sequence}", _noted(_put(state, n, publisher._replace(noted=True)), hint)


def _noted(state: State, hint: Hint) -> State:
    """Publisher._mark: a mark only rises."""
    if state.database.hint and state.database.hint.sequence >= hint.sequence:
        return state
    return state._replace(database=state.database._replace(hint=hint))


def _fails(state: State, n: int, publisher: Publisher) -> Iterator[Step[State]]:
    """Killed, or a request failed: the producer is closed. What was sent never arrives, or arrives later."""
    if left := state.spend("losses"):
        failed = _put(state, n, Publisher())._replace(left=left)
        yield f"publisher {n} fails", failed
        under_way = tuple(each.events for each in publisher.flights if each.base is None)
        if under_way and (left := failed.spend("late_batches")):
            yield f"publisher {n} fails, its batch is late", failed._replace(late=state.late + under_way, left=left)


def _put(state: State, n: int, publisher: Publisher) -> State:
    return state._replace(publishers=put(state.publishers, n, publisher))


def _names(events: tuple[Event, ...]) -> str:
    return ", ".join(f"{each.sequence}{chr(39) * (each.id // 10)}" for each in events)
