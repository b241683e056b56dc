"""Workers that apply the topic: eventlog.consume, eventlog.admission and eventlog.projector; two on one partition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from eventlog.reached import Judgement, Reached

from .explore import Step
from .state import Consumer, Event, Hand, Mechanism, Placed, Scene, State, history, put

FETCH = 2


class Admitted(NamedTuple):
    """What a batch comes to: events to apply, the position after them, where to read next; a fork stops."""

    events: tuple[Event, ...]
    after: Reached
    seek: int | None
    fork: bool
    blind: bool


def steps(state: State, scene: Scene) -> Iterator[Step[State]]:
    """What the workers may do next."""
    for n, consumer in enumerate(state.consumers):
        if left := state.spend("assignments"):
            yield f"consumer {n} gets the partition", _put(state, n, _assigned(state))._replace(left=left)
            if consumer.assigned:
                yield f"consumer {n} is killed", _put(state, n, Consumer())._replace(left=left)
        if consumer.hand:
            yield _commits(state, scene, n, consumer, consumer.hand)
        elif consumer.assigned and not consumer.stopped:
            yield from _reads(state, scene, n, consumer)


def admit(consumer: Consumer, records: tuple[Placed, ...], state: State, scene: Scene) -> Admitted:
    """Admission.admit. What the topic itself lacks is not asked from the owner here: the worker goes on looking."""
    reached, events, unsure = consumer.reached, [], consumer.unsure
    blind = False
    for event, offset in records:
        stored = reached.sequence, reached.event, reached.offset
        if unsure and reached.sequence and (event.sequence, event.id, offset) != stored:
            return Admitted(tuple(events), reached, 0, False, blind)
        unsure = False
        if not event.sequence:
            reached = reached.fenced(event.epoch)
            continue
        match judge(reached, event, scene):
            case "next":
                reached = reached.after(event.sequence, event.lineage, event.id, offset).fenced(event.epoch)
                events.append(event)
            case "duplicate":
                applied = (*state.rows[: consumer.reached.sequence], *events)
                blind = blind or (len(applied) >= event.sequence and applied[event.sequence - 1].id != event.id)
                if event.sequence == reached.sequence:
                    reached = reached._replace(offset=offset)
            case "late":
                told = not state.generation and (offset, event) in history(state.topic)
                blind = blind or (told and event.sequence > reached.sequence)
            case "gap":
                return Admitted(tuple(events), reached, max(reached.offset, 0), False, blind)
            case "fork":
                return Admitted(tuple(events), reached, None, True, blind)
    return Admitted(tuple(events), reached, None, False, blind)


def judge(reached: Reached, event: Event, scene: Scene) -> Judgement:
    """Reached.judge, the code itself; a mechanism left out is one whose comparison always holds."""
    last = reached.lineage_of(reached.sequence)
    lineage, previous = event.lineage, event.previous
    if not scene.has(Mechanism.PREVIOUS):
        previous = reached.event
    if not scene.has(Mechanism.COVERING):
        lineage = reached.lineage_of(event.sequence) if event.sequence <= reached.sequence else max(last, lineage)
    return reached.judge(event.sequence, lineage, event.id, previous, event.epoch)


def _assigned(state: State) -> Consumer:
    """Consuming.on_partitions_assigned: whoever had the partition before may not know it yet."""
    return Consumer(True, max(state.position.offset, 0), True, state.position)


def _reads(state: State, scene: Scene, n: int, consumer: Consumer) -> Iterator[Step[State]]:
    if consumer.offset > len(state.topic):
        yield f"consumer {n} starts from the first offset", _put(state, n, consumer._replace(offset=0))
        return
    for size in range(1, min(FETCH, len(state.topic) - consumer.offset) + 1):
        taken = range(consumer.offset, consumer.offset + size)
        records = tuple(Placed(state.topic[offset], offset) for offset in taken)
        yield f"consumer {n} reads offset {taken[0]} to {taken[-1]}", _held(state, scene, n, consumer, records)


def _held(state: State, scene: Scene, n: int, consumer: Consumer, records: tuple[Placed, ...]) -> State:
    """The worker holds what of these records is next; nothing is written yet."""
    admitted = admit(consumer, records, state, scene)
    offset = records[-1].offset + 1 if admitted.seek is None else admitted.seek
    hand = None
    if admitted.after != consumer.reached:
        hand = Hand(records, consumer.reached, admitted.after, admitted.events)
    after = Consumer(True, offset, False, consumer.reached, hand, admitted.fork, consumer.blind or admitted.blind)
    return _put(state, n, after)


def _commits(state: State, scene: Scene, n: int, consumer: Consumer, hand: Hand) -> Step[State]:
    """Projector._write: projection.advance as the first statement, then the rows; `Overtaken` loads and judges anew."""
    before, now = hand.before, state.position
    if scene.has(Mechanism.COMPARE_AND_SET) and (now.sequence, now.event) != (before.sequence, before.event):
        again = consumer._replace(reached=now, hand=None)
        return f"consumer {n} is overtaken", _held(state, scene, n, again, hand.records)
    done = _put(state, n, consumer._replace(reached=hand.after, hand=None))
    if scene.has(Mechanism.ONE_TRANSACTION):
        after = done._replace(rows=state.rows + hand.events, position=hand.after)
        return f"consumer {n} commits up to {hand.after.sequence}", after
    if not hand.written:
        half = _put(state, n, consumer._replace(hand=hand._replace(written=True)))
        return f"consumer {n} commits rows alone", half._replace(rows=state.rows + hand.events)
    return f"consumer {n} commits its position", done._replace(position=hand.after)


def _put(state: State, n: int, consumer: Consumer) -> State:
    return state._replace(consumers=put(state.consumers, n, consumer))
