"""One partition of one log, its topic and one reader of it, as plain values; what each stands for in the code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from eventlog.reached import Reached


class Mechanism(Enum):
    """What the protocol rests on, each of which can be left out."""

    LOCK = "the partition's lock, held until the commit is visible (log.take_partition)"
    DENSE = "sequence = last + 1, not an identity column (log.take_partition)"
    KEYS = "primary key (partition, sequence) and unique (command, n) (log.event)"
    LOOK_UP = "the command's id is looked up under the lock (log.append)"
    FLOOR = "nothing is recorded at or before a moment that was cut (log.floor)"
    LINEAGE = "a server that is not the one that wrote the lineage row refuses (log.take_partition)"
    FENCE = "what lands behind a fence under a lower lineage is late: adopt and a publisher that opens send one"
    FENCE_FIRST = "adopt sends its fence, then reads the topic up to it (restore._join)"
    STAMP = "a record sent under a higher lineage than its event's says so (Publisher._send)"
    ONE_LINEAGE = "a publisher sends nothing of a lineage that began after it opened (Publisher._send)"
    ONE_IN_FLIGHT = "one batch in flight a partition (Publisher._send awaits it)"
    BASE_OFFSET = "a batch must land at the last offset + 1 (Publisher._send)"
    LEASE = "one publisher at a time (the advisory lock of Publisher.run)"
    READ_ON = "the topic begins with sequence 1 and is compared from the mark on (agreement.agreed_marks)"
    ROW_AT_MARK = "the row at the mark is compared before what is behind it is sent (Publisher._send)"
    COMPARE_AND_SET = "a position moves only from where the batch began (projection.advance)"
    ONE_TRANSACTION = "rows and position are committed together (Projector._write)"
    PREVIOUS = "an event names the one before it, and a reader compares (Reached.judge)"
    COVERING = "a known sequence must come in the lineage that covers it (Reached.judge)"


class Event(NamedTuple):
    """A row of log.event. `id` is 10 × server + command: the same command written on another server is another event.

    `recorded_at`: 0 before the moment that may be cut, 1 after it. `epoch`: the lineage it was sent under, in a topic.
    A fence is a record of sequence 0.
    """

    sequence: int
    id: int
    previous: int | None
    lineage: int
    command: int
    recorded_at: int = 0
    epoch: int = 0


def fence(lineage: int) -> Event:
    """A record that is no event and raises the topic's epoch."""
    return Event(0, 0, None, lineage, 0, epoch=lineage)


def history(topic: Iterable[Event]) -> Iterator[tuple[int, Event]]:
    """tail.History: the events of a topic with their offsets, but for the late ones."""
    epoch = 0
    for offset, event in enumerate(topic):
        if event.epoch >= epoch:
            epoch = event.epoch
            if event.sequence:
                yield offset, event


class Hint(NamedTuple):
    """A row of log.mark."""

    sequence: int
    id: int
    offset: int


class Database(NamedTuple):
    """A service's PostgreSQL: events by sequence, the mark, and the row of log.lineage. A replica is a copy.

    `adopting`: the lineage whose fence an `adopt` has sent, while it runs.
    """

    events: tuple[Event, ...]
    hint: Hint | None = None
    lineage: int = 1
    server: int = 0
    adopting: int = 0


class Writer(NamedTuple):
    """A connection in log.append: nothing, an event not yet committed, or a command committed and not yet answered."""

    uncommitted: Event | None = None
    committed: int = 0


class Flight(NamedTuple):
    """A batch on its way; `base` is the offset it landed at. `generation` of the topic is known to the model alone."""

    events: tuple[Event, ...]
    base: int | None = None
    generation: int = 0


class Publisher(NamedTuple):
    """Publisher with its mark in memory. `generation` of the topic it looked at: known to the model alone."""

    open: bool = False
    sequence: int = 0
    id: int | None = None
    next_offset: int = 0
    lineage: int = 0
    flights: tuple[Flight, ...] = ()
    noted: bool = True
    stopped: bool = False
    generation: int = 0


class Placed(NamedTuple):
    """A record as it was fetched."""

    event: Event
    offset: int


class Hand(NamedTuple):
    """A batch that a worker has read and not yet committed: from where, to where, which events."""

    records: tuple[Placed, ...]
    before: Reached
    after: Reached
    events: tuple[Event, ...]
    written: bool = False


class Consumer(NamedTuple):
    """Consuming and its Projector. `blind`: it passed over as known what was never applied (the model's knowledge)."""

    assigned: bool = False
    offset: int = 0
    unsure: bool = False
    reached: Reached = Reached()
    hand: Hand | None = None
    stopped: bool = False
    blind: bool = False


class Faults(NamedTuple):
    """How often each of these still happens."""

    rollbacks: int = 0
    losses: int = 0
    late_batches: int = 0
    resends: int = 0
    recreations: int = 0
    copies: int = 0
    promotions: int = 0
    assignments: int = 0
    steps_back: int = 0


class State(NamedTuple):
    """All of it. `excused`: commands lost with the server, neither in the replica nor in the topic (law 1, counted)."""

    database: Database
    server: int
    replica: Database | None
    writers: tuple[Writer, ...]
    todo: frozenset[int]
    answered: frozenset[int]
    excused: frozenset[int]
    identity: int
    clock: int
    floor: int
    cut: int | None
    contradicted: bool
    topic: tuple[Event, ...]
    generation: int
    late: tuple[tuple[Event, ...], ...]
    publishers: tuple[Publisher, ...]
    consumers: tuple[Consumer, ...]
    rows: tuple[Event, ...]
    position: Reached
    left: Faults

    def spend(self, fault: str) -> Faults | None:
        """The faults left after this one; None if it does not happen any more."""
        many = getattr(self.left, fault)
        return self.left._replace(**{fault: many - 1}) if many else None

    @property
    def closed(self) -> bool:
        """Whether the log's server is not the one that wrote its lineage row."""
        return self.database.server != self.server


class Scene(NamedTuple):
    """What is in the picture, and without which mechanisms.

    When it begins, `prior` events are in the log, `published` of them in the topic, `copied` of them in a replica,
    and every consumer has `applied` of them. `promoted`: the replica has just been promoted.
    """

    prior: int = 0
    commands: int = 0
    writers: int = 0
    publishers: int = 0
    consumers: int = 0
    batch: int = 2
    published: int = 0
    copied: int | None = None
    applied: int = 0
    promoted: bool = False
    cuts: bool = False
    faults: Faults = Faults()
    without: frozenset[Mechanism] = frozenset()

    def has(self, mechanism: Mechanism) -> bool:
        """Whether this mechanism is in place."""
        return mechanism not in self.without

    def start(self) -> State:
        """The state it begins in."""
        events = tuple(Event(n, n, n - 1 or None, 1, n) for n in range(1, self.prior + 1))
        topic, copied = tuple(each._replace(epoch=1) for each in events[: self.published]), None
        if self.copied is not None:
            copied = Database(events[: self.copied], _hint(topic[: self.copied]))
        reached, consumer = Reached(), Consumer()
        for event in topic[: self.applied]:
            reached = reached.after(event.sequence, event.lineage, event.id, event.sequence - 1)
            consumer = Consumer(True, event.sequence, False, reached)
        known = frozenset(range(1, self.prior + 1))
        todo = frozenset(range(self.prior + 1, self.prior + self.commands + 1))
        database, server = Database(events, _hint(topic)), 0
        if self.promoted and copied is not None:
            database, server, copied = copied, 1, None
        return State(
            database, server, copied, (Writer(),) * self.writers, todo, known, frozenset(),
            self.prior, 0, -1, None, False, topic, 0, (), (Publisher(),) * self.publishers,
            (consumer,) * self.consumers, events[: self.applied], reached, self.faults,
        )  # fmt: skip


def _hint(topic: tuple[Event, ...]) -> Hint | None:
    return Hint(topic[-1].sequence, topic[-1].id, len(topic) - 1) if topic else None


def put(many: tuple, at: int, one: object) -> tuple:
    """`many` with another value at one place."""
    return (*many[:at], one, *many[at + 1 :])
