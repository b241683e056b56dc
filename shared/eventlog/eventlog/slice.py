"""One slice of a bulk load: records → rows, with the checks of the live projector and none of its objects.

This is the loop that a rebuild's rate hangs on: 2–3 µs a record are left for it beside the fetch and the COPY.
"""

from collections.abc import Callable, Sequence
from typing import Any

from eventlog.arrived import HEAD, ID_FROM, ID_TO, NONE, PLACE, STREAM_AT, Arrived, arrival, fence_of, id_text
from eventlog.gathered import Gathered, Merged
from eventlog.moments import UNIX_TO_2000
from eventlog.parking import Stream
from eventlog.plan import Plan
from eventlog.positions import Move, Place
from eventlog.reached import Reached
from events.placement import EPOCH, pack_epoch


class Forked(Exception):
    """The topic does not continue what was loaded: nothing more of it is applied."""


class Slice:
    """Gathers the rows of records up to each partition's target; `suspect` if an event of it cannot be read.

    `recorded_at` is given in whole microseconds (`moments`). A suspect slice, or one whose rows PostgreSQL refuses,
    is loaded anew through `feeding`, from `records`.
    """

    def __init__(self, plan: Plan, reached: dict[Place, Reached], blocked: frozenset[Stream]) -> None:
        self.plan, self.reached, self.blocked = plan, dict(reached), blocked
        self.gathered = Gathered()
        self.records: list[tuple[str, Any]] = []
        self.moves: dict[Place, Move] = {}
        self.suspect = False
        self._decoders = {source: reader.decode for source, reader in plan.readers.items()}
        self._sinks: dict[tuple[str, str], list[tuple[bool, Callable[[Any], list[Any]], Any]]] = {
            place: [(facts, handle, self._into(table, facts)) for table, facts, handle in handlers]
            for place, handlers in plan.handlers.items()
        }

    def take(self, source: str, records: Sequence[Any], upto: int) -> None:
        """Add the records of one partition, in order, up to the sequence `upto`; raises `Forked`."""
        place = (source, records[0].partition)
        start = reached = self.reached.get(place, Reached())
        taken, applied = 0, None
        while taken < len(records) and reached.sequence < upto:
            run = self._run(source, records, taken, upto, reached)
            if run > taken:
                applied = arrival(records[run - 1], source)
                reached = reached.after(applied.sequence, applied.lineage, applied.event, applied.offset)
                taken = run
            else:
                before = reached.sequence
                reached = self._step(source, records[taken], reached)
                if reached.sequence > before:
                    applied = arrival(records[taken], source)
                taken += 1
        self.reached[place] = reached
        if applied is not None:
            first = self.moves[place].before if place in self.moves else start
            self.moves[place] = Move(first, reached, applied.recorded_at)

    def _into(self, table: str, facts: bool) -> Any:
        return self.gathered.facts.setdefault(table, []) if facts else self.gathered.state.setdefault(table, {})

    def arrivals(self) -> list[Arrived]:
        """The events of this slice, in order, for the careful way."""
        return [arrival(record, source) for source, record in self.records]

    def _run(self, source: str, records: Sequence[Any], at: int, upto: int, reached: Reached) -> int:
        """Take as many as continue one another within a lineage; answers the index of the first that was not taken."""
        sequence, event = reached.sequence, reached.event or NONE
        lineage, epoch = reached.lineage_of(sequence), reached.epoch
        fenced, stamp = lineage < epoch, (EPOCH, pack_epoch(epoch))
        keep, place_of, fromhex, apply = self.records.append, PLACE.unpack_from, bytes.fromhex, self._apply
        for index in range(at, len(records)):
            record = records[index]
            headers, value = record.headers, record.value
            if ((len(headers) != 1 or fenced) and headers[1:] != (stamp,)) or value[:ID_FROM] != HEAD:
                return index
            header = headers[0][1]
            _, partition, this, its_lineage, _, _, _, recorded_at, previous = place_of(header)
            if this != sequence + 1 or previous != event or its_lineage != lineage or this > upto:
                return index
            text = value[ID_FROM:ID_TO].decode()
            sequence, event = this, fromhex(text.replace("-", ""))
            keep((source, record))
            if not self.suspect:
                apply(source, partition, this, header, recorded_at, text, value)
        return len(records)

    def _apply(
        self, source: str, partition: int, sequence: int, header: bytes, recorded_at: int, event: str, document: bytes
    ) -> None:
        """Gather what one event does, unless its stream is parked."""
        if self.blocked and (source, header[STREAM_AT:].decode()) in self.blocked:
            self.suspect = True
            return
        try:
            read = self._decoders[source](document)
            if read is None:
                return
            for facts, handle, into in self._sinks[source, read.type]:
                effects = handle(read)
                if facts:
                    at = recorded_at - UNIX_TO_2000
                    for line, row in enumerate(effects):
                        into.append((*row, source, partition, sequence, line, at, event))
                else:
                    for patch in effects:
                        if (merged := into.get(patch.key)) is None:
                            into[patch.key] = Merged(patch)
                        else:
                            merged.merge(patch)
        except Exception:  # whatever a document or handler does: `feeding` finds out which, and parks it
            self.suspect = True

    def _step(self, source: str, record: Any, reached: Reached) -> Reached:
        """Judge one record in full: a fence, the first of a lineage, what is passed over, or the end of the history."""
        if (fence := fence_of(record)) is not None:
            return reached.fenced(fence)
        arrived = arrival(record, source)
        judged = reached.judge(arrived.sequence, arrived.lineage, arrived.event, arrived.previous, arrived.epoch)
        if judged in ("duplicate", "late"):
            return reached
        if judged != "next":
            raise Forked(
                f"{source} partition {arrived.partition}: after sequence {reached.sequence} the topic has "
                f"{arrived.sequence} of lineage {arrived.lineage} ({judged}); republish it, then rebuild"
            )
        self.records.append((source, record))
        self._apply(
            source, arrived.partition, arrived.sequence, arrived.placement, arrived.recorded_at,
            id_text(arrived.document), arrived.document,
        )  # fmt: skip
        after = reached.after(arrived.sequence, arrived.lineage, arrived.event, arrived.offset)
        return after.fenced(arrived.epoch)
