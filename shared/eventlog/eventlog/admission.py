"""Which records of a batch are the next events of their partitions: duplicates skipped, gaps and forks found.

Pure: it says what to seek, what to ask the owner for and what to stop; who runs it does so. Architecture 3.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from eventlog.arrived import Arrived, Record, Unplaced, arrival
from eventlog.positions import Move, Place
from eventlog.reached import UNKNOWN_OFFSET, Reached

BEGINNING = UNKNOWN_OFFSET


@dataclass(slots=True)
class Admitted:
    """What a batch comes to.

    `seeks`: partition → offset to read from again (`BEGINNING`: the first). `holes`: partition → the sequences
    (after, up to) that the topic itself lacks.
    """

    arrivals: list[Arrived] = field(default_factory=list)
    moves: dict[Place, Move] = field(default_factory=dict)
    seeks: dict[Place, int] = field(default_factory=dict)
    holes: dict[Place, tuple[int, int]] = field(default_factory=dict)


class Admission:
    """One reader's view of its partitions. `stopped`: partition → why nothing of it is applied until somebody looks."""

    def __init__(self, topics: Mapping[str, str]) -> None:
        self.topics = dict(topics)
        self.reached: dict[Place, Reached] = {}
        self.stopped: dict[Place, str] = {}
        self._sought: dict[Place, int] = {}
        self._unsure: set[Place] = set()

    def assigned(self, reached: Mapping[Place, Reached], places: Iterable[Place]) -> dict[Place, int]:
        """Take partitions over: answers the offset to seek to, where the stored event itself must then be found."""
        self.reached.update(reached)
        offsets = {}
        for place in places:
            self.stopped.pop(place, None)
            self._sought.pop(place, None)
            self._unsure.add(place)
            offsets[place] = self.reached.get(place, Reached()).offset
        return offsets

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
                arrived = arrival(record, source)
            except Unplaced as error:
                self._stop(place, f"offset {record.offset}: {error}")
                continue
            if not self._take(batch, place, arrived):
                left.add(place)
        return batch

    def settle(self, batch: Admitted) -> None:
        """The batch is committed: these are the positions now."""
        for place, move in batch.moves.items():
            self.reached[place] = move.after

    def stop(self, place: Place, why: str) -> None:
        """Apply nothing more of a partition until it is assigned anew."""
        self._stop(place, why)

    def _take(self, batch: Admitted, place: Place, arrived: Arrived) -> bool:
        """Admit one record; False: leave the rest of its partition."""
        move = batch.moves.get(place)
        reached = move.after if move else self.reached.get(place, Reached())
        if place in self._unsure:
            self._unsure.discard(place)
            if not _is_there(reached, arrived):
                batch.seeks[place] = BEGINNING
                return False
        match reached.judge(arrived.sequence, arrived.lineage, arrived.event, arrived.previous):
            case "next":
                after = reached.after(arrived.sequence, arrived.lineage, arrived.event, arrived.offset)
                batch.arrivals.append(arrived)
                batch.moves[place] = Move(move.before if move else reached, after, arrived.recorded_at)
            case "duplicate":
                if arrived.sequence == reached.sequence and arrived.offset != reached.offset:
                    moved = reached._replace(offset=arrived.offset)
                    batch.moves[place] = Move(move.before if move else reached, moved, move and move.recorded_at)
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


def _is_there(reached: Reached, arrived: Arrived) -> bool:
    if not reached.sequence:
        return True
    return (arrived.sequence, arrived.event, arrived.offset) == (reached.sequence, reached.event, reached.offset)


def _fork(reached: Reached, arrived: Arrived) -> str:
    return (
        f"fork: at sequence {reached.sequence} (lineage {reached.lineage_of(reached.sequence)}) "
        f"came sequence {arrived.sequence} of lineage {arrived.lineage}, event {arrived.event.hex()}, "
        f"which does not continue it: the topic tells another history than what was applied here; see that the log's "
        f"owner and its topic agree (adopt, restore or republish there), then restart this worker"
    )
