"""Contenders that run in turns in one run: medians and spreads of what they reached, and ratios of medians."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

Contender = Callable[[], Awaitable[float]]


class Series(msgspec.Struct, frozen=True):
    """What one contender reached in each round."""

    values: list[float]

    @property
    def median(self) -> float:
        """The middle round."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """From the lowest to the highest round, as a part of the median."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0


class Aim(msgspec.Struct, frozen=True):
    """A target of architecture.md 9: of the ratio to the yardstick, or of our own figure; at least or at most."""

    value: float
    of: str = "ratio"
    at_least: bool = True

    def met(self, figure: float) -> bool:
        """Whether a figure reaches it."""
        return figure >= self.value if self.at_least else figure <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.value:,.10g}"


class Row(msgspec.Struct, frozen=True):
    """One line of the table: ours beside its yardstick, in `unit`; `aims` says what section 9 asks for."""

    name: str
    unit: str
    ours: Series
    against: str = ""
    yardstick: Series | None = None
    aims: tuple[Aim, ...] = ()
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours by the yardstick's, medians of the same run."""
        return self.ours.median / self.yardstick.median if self.yardstick and self.yardstick.median else None

    def figure(self, aim: Aim) -> float | None:
        """The figure that an aim is about."""
        return self.ratio if aim.of == "ratio" else self.ours.median


async def in_turns(contenders: Mapping[str, Contender], rounds: int) -> dict[str, Series]:
    """Run all contenders, `rounds` times over, each round in the opposite order of the one before."""
    reached: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        order = list(contenders.items())
        for name, contender in order if turn % 2 == 0 else reversed(order):
            gc.collect()
            reached[name].append(await contender())
    return {name: Series(values) for name, values in reached.items()}


def percentile(values: list[float], part: float) -> float:
    """The value that `part` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def peak_memory_mib(pid: int) -> float:
    """The most memory that a process has held, in MiB (Linux)."""
    with open(f"/proc/{pid}/status") as status:
        found: dict[str, Any] = dict(line.split(":", 1) for line in status)
    return int(found["VmHWM"].split()[0]) / 1024
