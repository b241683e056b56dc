"""How far a reader has come in one partition, and what the next record is to it.

Sequences are dense and each placement names the event before it, so that a reader can tell a duplicate, a gap and a
fork apart by what it holds alone. Architecture 3, "position".
"""

from typing import Literal, NamedTuple

Judgement = Literal["next", "duplicate", "gap", "fork", "late"]
UNKNOWN_OFFSET = -1


class Reached(NamedTuple):
    """The last event applied of one partition: its sequence (0: none), its id (16 bytes) and its Kafka offset.

    `lineages`: (lineage, first sequence of it), ascending: which lineage covers which sequence. The last one may begin
    behind the position: a fence was seen, and no event of that lineage yet.
    """

    sequence: int = 0
    event: bytes | None = None
    offset: int = UNKNOWN_OFFSET
    lineages: tuple[tuple[int, int], ...] = ()

    @property
    def epoch(self) -> int:
        """The highest lineage seen, as an event's or as a fence's: what is sent under a lower one is late."""
        return self.lineages[-1][0] if self.lineages else 0

    def lineage_of(self, sequence: int) -> int:
        """The lineage that covers a sequence at or below this position; 0 if there is none."""
        covering = 0
        for lineage, first in self.lineages:
            if first > sequence:
                break
            covering = lineage
        return covering

    def judge(self, sequence: int, lineage: int, event: bytes, previous: bytes | None, epoch: int) -> Judgement:
        """What a record of this partition is: to be applied, known already, too far ahead, another history, or late.

        `epoch` is the lineage under which it was sent, at least the event's own. What is late is nobody's history any
        more and is passed over, for a fence or an event of a higher lineage stands before it.
        """
        follows = sequence == self.sequence + 1 and previous == self.event and epoch >= self.epoch
        if follows and lineage >= self.lineage_of(self.sequence):
            return "next"
        known = 1 <= sequence < self.sequence or (sequence == self.sequence and event == self.event)
        if known and self.lineage_of(sequence) == lineage:
            return "duplicate"
        if epoch < self.epoch:
            return "late"
        if sequence > self.sequence + 1:
            return "gap"
        return "fork"

    def after(self, sequence: int, lineage: int, event: bytes, offset: int) -> "Reached":
        """The position once that next record is applied."""
        starts = self.lineages
        if not starts or starts[-1][0] != lineage:
            starts = self._begun
            if not starts or starts[-1][0] < lineage:
                starts = (*starts, (lineage, sequence))
            if self.epoch > lineage:
                starts = (*starts, (self.epoch, sequence + 1))
        return Reached(sequence, event, offset, starts)

    def fenced(self, lineage: int) -> "Reached":
        """The position once a fence was seen behind it, or what was sent under this lineage."""
        if lineage <= self.epoch:
            return self
        return self._replace(lineages=(*self._begun, (lineage, self.sequence + 1)))

    @property
    def _begun(self) -> tuple[tuple[int, int], ...]:
        return tuple(each for each in self.lineages if each[1] <= self.sequence)
