"""Which records of a batch are the next events of their partitions: duplicates and late ones skipped, forks found.

No I/O: it says what to seek, what to ask the owner for and what to stop; who runs it does so. Architecture 3.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from eventlog.arrived import Arrived, Record, Unplaced, arrival, fence_of
from eventlog.positions import Move, Place
from eventlog.reached import UNKNOWN_OFFSET, Reached

BEGINNING = UNKNOWN_OFFSET

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Admitted:
    """What a batch comes to.

    `seeks`: partition → offset to read from again (`BEGINNING`: the first). `holes`: partition → the sequences
    (after, up to) that the topic itself lacks. `passed`: partition → offset of the last record behind the position that
    will never be applied, a fence or a late event; `late`: how many of these were events, by partition.
    """

    arrivals: list[Arrived] = field(default_factory=list)
    moves: dict[Place, Move] = field(default_factory=dict)
    seeks: dict[Place, int] = field(default_factory=dict)
    holes: dict[Place, tuple[int, int]] = field(default_factory=dict)
    passed: dict[Place, int] = field(default_factory=dict)
    late: Counter[Place] = field(default_factory=Counter)


class Admission:
    """One reader's view of its partitions. `stopped`: partition → why nothing of it is applied until somebody looks.

    `late`: late events passed over so far, each as often as it was read.
    """

    def __init__(self, topics: Mapping[str, str]) -> None:
        self.topics = dict(topics)
        self.reached: dict[Place, Reached] = {}
        self.stopped: dict[Place, str] = {}
        self.late: Counter[Place] = Counter()
        self._passed: dict[Place, int] = {}
        self._sought: dict[Place, int] = {}
        self._unsure: set[Place] = set()

    def assigned(self, reached: Mapping[Place, Reached], places: Iterable[Place]) -> dict[Place, int]:
        """Take partitions over: answers the offset to seek to, where the stored event itself must then be found."""
        self.reached.update(reached)
        offsets = {}
        for place in places:
            self.stopped.pop(place, None)
            self._sought.pop(place, None)
            self._passed.pop(place, None)
            self._unsure.add(place)
            offsets[place] = self.reached.get(place, Reached()).offset
        return offsets

    def seen(self, place: Place) -> int:
        """The offset up to which nothing of a partition is left to apply."""
        return max(self.reached.get(place, Reached()).offset, self._passed.get(place, UNKNOWN_OFFSET))

    def emptied(self, place: Place) -> None:
        """The topic holds nothing of a partition: the stored event cannot come again, the next one is believed."""
        self._unsure.discard(place)

    def admit(self, records: Iterable[Record]) -> Admitted:
        """Judge a batch, in the order of each partition. Changes no position: `settle` does, once it is committed."""
        batch = Admitted()
        left: set[Place] = set()
        for record in records:
            source = self.topics[record.topic]
            place = (source, record.partition)
            if place in left or place in self.stopped:
                continue
            try:
                fence = fence_of(record)
                arrived = None if fence is not None else arrival(record, source)
            except Unplaced as error:
                self._stop(place, f"offset {record.offset}: {error}")
                continue
            if place in self._unsure and not self._is_there(place, arrived):
                batch.seeks[place] = BEGINNING
                left.add(place)
            elif arrived is None:
                self._fence(batch, place, fence or 0, record.offset)
            elif not self._take(batch, place, arrived):
                left.add(place)
        return batch

    def settle(self, batch: Admitted) -> None:
        """The batch is committed: these are the positions now."""
        for place, move in batch.moves.items():
            self.reached[place] = move.after
            self._passed.pop(place, None)
        self._passed.update(batch.passed)
        for place, events in batch.late.items():
            if not self.late[place]:
                log.warning("late events are passed over: sent under a lineage that has ended", place=place)
            self.late[place] += events

    def stop(self, place: Place, why: str) -> None:
        """Apply nothing more of a partition until it is assigned anew."""
        self._stop(place, why)

    def _is_there(self, place: Place, arrived: Arrived | None) -> bool:
        """Whether the first record after an assignment is the stored event; only that one is asked."""
        self._unsure.discard(place)
        reached = self.reached.get(place, Reached())
        if not reached.sequence:
            return True
        stored = (reached.sequence, reached.event, reached.offset)
        return arrived is not None and (arrived.sequence, arrived.event, arrived.offset) == stored

    def _fence(self, batch: Admitted, place: Place, lineage: int, offset: int) -> None:
        """What was sent under a lower lineage is late from here on."""
        move = batch.moves.get(place)
        reached = move.after if move else self.reached.get(place, Reached())
        if (fenced := reached.fenced(lineage)) is not reached:
            batch.moves[place] = Move(move.before if move else reached, fenced, move and move.recorded_at)
        batch.passed[place] = offset

    def _take(self, batch: Admitted, place: Place, arrived: Arrived) -> bool:
        """Admit one record; False: leave the rest of its partition. What the owner tells is never late."""
        move = batch.moves.get(place)
        reached = move.after if move else self.reached.get(place, Reached())
        epoch = reached.epoch if arrived.offset == UNKNOWN_OFFSET else arrived.epoch
        match reached.judge(arrived.sequence, arrived.lineage, arrived.event, arrived.previous, epoch):
            case "next":
                after = reached.after(arrived.sequence, arrived.lineage, arrived.event, arrived.offset)
                if arrived.epoch > arrived.lineage:
                    after = after.fenced(epoch)
                batch.arrivals.append(arrived)
                batch.moves[place] = Move(move.before if move else reached, after, arrived.recorded_at)
                batch.passed.pop(place, None)
            case "duplicate":
                if arrived.sequence == reached.sequence and arrived.offset != reached.offset:
                    moved = reached._replace(offset=arrived.offset)
                    batch.moves[place] = Move(move.before if move else reached, moved, move and move.recorded_at)
            case "late":
                batch.late[place] += 1
                batch.passed[place] = arrived.offset
            case "gap":
                self._gap(batch, place, reached, arrived)
                return False
            case "fork":
                self._stop(place, _fork(reached, arrived))
                return False
        return True

    def _gap(self, batch: Admitted, place: Place, reached: Reached, arrived: Arrived) -> None:
        """Look again from the stored offset; if the same is missing again, the topic lacks it."""
        if self._sought.get(place) == reached.sequence:
            batch.holes[place] = (reached.sequence, arrived.sequence - 1)
        else:
            self._sought[place] = reached.sequence
            batch.seeks[place] = reached.offset

    def _stop(self, place: Place, why: str) -> None:
        self.stopped[place] = why


def _fork(reached: Reached, arrived: Arrived) -> str:
    return (
        f"fork: at sequence {reached.sequence} (lineage {reached.lineage_of(reached.sequence)}) "
        f"came sequence {arrived.sequence} of lineage {arrived.lineage}, event {arrived.event.hex()}, "
        f"which does not continue it: the topic tells another history than what was applied here; see that the log's "
        f"owner and its topic agree (adopt, restore or republish there), then restart this worker"
    )
