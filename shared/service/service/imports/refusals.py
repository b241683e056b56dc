"""The two ways a file goes wrong: the whole file is refused, or one row gets an error."""

from collections.abc import Sequence
from typing import NamedTuple


class ImportRefused(Exception):
    """The file or its profile cannot be used at all; nothing has been handed on.

    `code` is stable (it becomes the type of a problem document), `detail` says what to do; `faults` are the keys of a
    profile that are wrong, each with what is wrong.
    """

    def __init__(self, code: str, detail: str, faults: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)


class RowError(NamedTuple):
    """Why one row is rejected: its number in the source, a stable code, a sentence."""

    row: int
    code: str
    reason: str


class RowIgnored(NamedTuple):
    """A row that the profile says to leave out."""

    row: int
    reason: str


class CellFault(Exception):
    """A cell that cannot be read as its field asks; becomes the `RowError` of its row."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
