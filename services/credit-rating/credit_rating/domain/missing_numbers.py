"""Which document numbers are missing: gaps in what counts up under one prefix (domain.md 4, completeness).

A number is a prefix and the digits at its end: INV-2026-0007 is 7 under INV-2026-. Numbers without digits at the end,
or with more than 18, count up in no sequence and are left out.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

COUNTED = re.compile(r"(.*?)([0-9]{1,18})\Z", re.DOTALL)
"""What of a number is its prefix and what counts; the digits before 18 of them belong to the prefix."""


class Numbered(NamedTuple):
    """A number as a place in a sequence: `width` is how many digits it was written with."""

    prefix: str
    place: int
    width: int


class Gap(NamedTuple):
    """Numbers of one sequence that are not there, the first and the last of them, as they would be written."""

    prefix: str
    first: str
    last: str
    missing: int


def numbered(number: str) -> Numbered | None:
    """The place of a document number; None if it counts up in no sequence."""
    found = COUNTED.match(number)
    if found is None or found[1][-1:].isdecimal():
        return None
    return Numbered(found[1], int(found[2]), len(found[2]))


def gaps(numbers: Iterable[str]) -> Iterator[Gap]:
    """The gaps between the numbers that are there, by prefix and place; before the first and after the last is none."""
    before: Numbered | None = None
    for at in sorted({each for each in map(numbered, numbers) if each is not None}):
        if before and at.prefix == before.prefix and at.place > before.place + 1:
            first, last = before.place + 1, at.place - 1
            yield Gap(at.prefix, written(at.prefix, first, before), written(at.prefix, last, before), last - first + 1)
        before = at


class Places(NamedTuple):
    """The places that are taken under each prefix, in order."""

    of: Mapping[str, Sequence[int]]

    def missing(self, first: str, last: str) -> int | None:
        """How many of a range are not there; None where its ends count up in no sequence."""
        low, high = numbered(first), numbered(last)
        if low is None or high is None:
            return None
        taken = self.of.get(low.prefix, ())
        return high.place - low.place + 1 - (bisect_right(taken, high.place) - bisect_left(taken, low.place))


def places_of(numbers: Iterable[str]) -> Places:
    """The places of these numbers; one that is written in two ways takes one."""
    found: dict[str, set[int]] = {}
    for each in map(numbered, numbers):
        if each is not None:
            found.setdefault(each.prefix, set()).add(each.place)
    return Places({prefix: sorted(places) for prefix, places in found.items()})


def written(prefix: str, place: int, like: Numbered) -> str:
    """A number as its neighbour is written: with as many digits."""
    return f"{prefix}{place:0{like.width}d}"
