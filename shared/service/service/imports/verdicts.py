"""One verdict a row, whatever the order in which they come: a byte and a reason number for each row of the file."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

from service.imports.report import RowVerdict, Verdict

VERDICTS: tuple[Verdict | None, ...] = (None, "accepted", "duplicate", "rejected", "ignored")
BYTE_OF = {verdict: byte for byte, verdict in enumerate(VERDICTS)}
REJECTED = BYTE_OF["rejected"]
EXPECTED = 255
"""The byte of a row that was read and waits for its verdict."""
REASONS = 50_000
"""Distinct reasons kept; beyond, a rejection keeps its code and says no more. 5 bytes a row, 40 MB for 8 m rows."""


class Verdicts:
    """The verdicts of one import by row number; each row is expected once and decided once."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._reason_of = array("I")
        self._numbers: dict[tuple[str, str], int] = {("", ""): 0}
        self._reasons: list[tuple[str, str]] = [("", "")]
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.rows = 0
        self.waiting = 0

    def expect(self, rows: Sequence[int]) -> None:
        """Rows were read, in ascending order; raises ValueError if a number was read before."""
        if not rows:
            return
        if rows[-1] >= len(self._bytes):
            more = max(rows[-1] + 1 - len(self._bytes), 65_536)
            self._bytes.extend(bytes(more))
            self._reason_of.frombytes(bytes(more * self._reason_of.itemsize))
        known = self._bytes
        for row in rows:
            if known[row]:
                raise ValueError(f"row {row} was read twice")
            known[row] = EXPECTED
        self.rows += len(rows)
        self.waiting += len(rows)

    def decide(self, row: int, verdict: Verdict, code: str = "", reason: str = "") -> None:
        """The row's verdict; raises ValueError for a row that was not read or is decided already."""
        if not 0 <= row < len(self._bytes) or self._bytes[row] != EXPECTED:
            raise ValueError(f"row {row} has a second verdict, {verdict}, or was never read")
        self._bytes[row] = BYTE_OF[verdict]
        self.waiting -= 1
        self.counts[verdict] += 1
        if code:
            self._reason_of[row] = self._number(code, reason)
            self.reasons[code] += 1

    def decide_slice(self, expected: set[int], verdicts: Iterable[RowVerdict]) -> None:
        """The sink's verdicts on a slice; raises ValueError unless it has exactly one for each row."""
        for each in verdicts:
            if each.row not in expected:
                raise ValueError(f"the sink judged row {each.row}, which was not in its slice")
            code = (each.code or "rejected") if each.verdict == "rejected" else ""
            self.decide(each.row, each.verdict, code, each.reason if code else "")
            expected.discard(each.row)
        if expected:
            raise ValueError(f"the sink gave no verdict on {len(expected)} rows, the first is row {min(expected)}")

    def rejected(self, row: int) -> bool:
        """Whether the row's verdict is *rejected*."""
        return self._bytes[row] == REJECTED

    def of(self, row: int) -> tuple[Verdict | None, str, str]:
        """(verdict, code, reason) of a row."""
        byte = self._bytes[row] if row < len(self._bytes) else 0
        if byte in (0, EXPECTED):
            return None, "", ""
        return VERDICTS[byte], *self._reasons[self._reason_of[row]]

    def _number(self, code: str, reason: str) -> int:
        key = (code, reason)
        if key not in self._numbers and len(self._reasons) >= REASONS:
            key = (code, "")
        if key not in self._numbers:
            self._numbers[key] = len(self._reasons)
            self._reasons.append(key)
        return self._numbers[key]
