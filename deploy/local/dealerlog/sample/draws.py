"""Draws from a seed that come out the same in every Python, on every machine, in any order of asking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """A stream of draws named by a path: SHA-256 of the path and a counter, integers only.

    `random` promises the same numbers across versions only for `random()` and `seed`; here nothing is left to promises,
    and a dealer's draws do not move when another dealer is added.
    """

    def __init__(self, *path: object) -> None:
        self._path = "/".join(map(str, path))
        self._words = self._stream()

    def at(self, *path: object) -> Draws:
        """The stream of a name below this one."""
        return Draws(self._path, *path)

    def below(self, bound: int) -> int:
        """An integer in 0 … bound − 1; the bias is under bound / 2⁶⁴."""
        return next(self._words) % bound

    def between(self, low: int, high: int) -> int:
        """An integer in low … high, both included."""
        return low + self.below(high - low + 1)

    def chance(self, percent: int) -> bool:
        """True in so many of 100 draws."""
        return self.below(100) < percent

    def bell(self, centre: int, spread: int) -> int:
        """An integer in centre ± spread, most often near the centre (sum of three uniform draws)."""
        return centre + sum(self.between(-spread, spread) for _ in range(3)) // 3

    def skewed(self, low: int, high: int) -> int:
        """An integer in low … high, more often near the low end: a market has many small dealers and few large ones."""
        return low + (high - low) * self.between(0, 1000) ** 2 // 1_000_000

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def weighted(self, weights: Mapping[str, int]) -> str:
        """One of the names, as often as its weight says."""
        at = self.below(sum(weights.values()))
        for name, weight in weights.items():
            at -= weight
            if at < 0:
                return name
        raise AssertionError("weights are positive")

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All items in an order of this stream."""
        out = list(items)
        for i in range(len(out) - 1, 0, -1):
            j = self.below(i + 1)
            out[i], out[j] = out[j], out[i]
        return out

    def _stream(self) -> Iterator[int]:
        counter = 0
        while True:
            digest = sha256(f"{self._path}#{counter}".encode()).digest()
            yield from (int.from_bytes(digest[i : i + 8], "big") for i in range(0, 32, 8))
            counter += 1
