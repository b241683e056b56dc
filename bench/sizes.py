"""How much each row of the benchmark does."""

from __future__ import annotations

from typing import NamedTuple


class Size(NamedTuple):
    """`events` in topics and logs, `rounds` a contender, single `commands` and `reads`, `invoices` to age, `dealers` to
    rank, `seconds` of steady traffic, `length` of the log whose cost per event is compared (0: left out)."""

    events: int
    rounds: int
    commands: int
    reads: int
    invoices: int
    dealers: int
    seconds: int
    length: int


SIZES = {
    "small": Size(40_000, 2, 1_000, 400, 20_000, 100_000, 3, 0),
    "default": Size(240_000, 3, 2_000, 2_000, 200_000, 1_000_000, 10, 0),
    "large": Size(2_000_000, 3, 20_000, 5_000, 1_000_000, 1_000_000, 30, 10_000_000),
}
