"""How far a reader has come in one partition, and what the next record is to it.

Sequences are dense and each placement names the event before it, so that a reader can tell a duplicate, a gap and a
fork apart by what it holds alone. Architecture 3, "position".
"""

from typing import Literal, NamedTuple

Judgement = Literal["next", "duplicate", "gap", "fork"]
UNKNOWN_OFFSET = -1


class Reached(NamedTuple):
    """The last event applied of one partition: its sequence (0: none), its id (16 bytes) and its Kafka offset.

    `lineages`: (lineage, first sequence of it), ascending: which lineage covers which sequence.
    """

    sequence: int = 0
    event: bytes | None = None
    offset: int = UNKNOWN_OFFSET
    lineages: tuple[tuple[int, int], ...] = ()

    def lineage_of(self, sequence: int) -> int:
        """The lineage that covers a sequence at or below this position; 0 if there is none."""
        covering = 0
        for lineage, first in self.lineages:
            if first > sequence:
                break
            covering = lineage
        return covering

    def judge(self, sequence: int, lineage: int, event: bytes, previous: bytes | None) -> Judgement:
        """What a record of this partition is: to be applied, known already, too far ahead, or another history."""
        if sequence == self.sequence + 1:
            last = self.lineages[-1][0] if self.lineages else 0
            return "next" if previous == self.event and lineage >= last else "fork"
        if sequence > self.sequence:
            return "gap"
        if sequence < 1 or self.lineage_of(sequence) != lineage:
            return "fork"
        return "fork" if sequence == self.sequence and event != self.event else "duplicate"

    def after(self, sequence: int, lineage: int, event: bytes, offset: int) -> "Reached":
        """The position once that next record is applied."""
        starts = self.lineages
        if not starts or starts[-1][0] < lineage:
            starts = (*starts, (lineage, sequence))
        return Reached(sequence, event, offset, starts)
