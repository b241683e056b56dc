"""ABC classes (帕累托, 80:20): few dealers make most of the sales, and the cuts say which.

Source: domain.md 3.2. Total = Σ of the positive measures; sorted by measure descending, ties by dealer code; A while
100 × cumulative before < 80 × total, B while < 95 × total, else C; a measure ≤ 0 is C. Exact decimals throughout.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from decimal import Decimal, localcontext
from hashlib import sha256
from itertools import accumulate, chain, count, repeat
from operator import attrgetter
from typing import Literal, TypeAlias

import msgspec

from .exact import EXACT, NOTHING, plain, plain_text

AbcClass: TypeAlias = Literal["A", "B", "C"]
SHARE_PLACES = 6
DIGEST_LINES = 10_000


class Measured(msgspec.Struct, frozen=True, gc=False):
    """A dealer of the population: its id, its code (which breaks ties) and what it is measured by."""

    dealer: str
    code: str
    measure: Decimal


class Cuts(msgspec.Struct, frozen=True):
    """Where A and B end, in percent of the total (*policy*)."""

    a: Decimal = Decimal(80)
    b: Decimal = Decimal(95)


USUAL_CUTS = Cuts()


class Ranked(msgspec.Struct, frozen=True, gc=False):
    """A dealer in its place: `rank` from 1; `before` = exact sum of the positive measures ranked above, in grains."""

    dealer: str
    code: str
    measure: Decimal
    rank: int
    abc: AbcClass
    before: int


class Ranking(msgspec.Struct, frozen=True):
    """The whole population in order, best first; a grain is the last decimal place of the finest measure."""

    grain: Decimal
    total_grains: int
    rows: list[Ranked]

    @property
    def population(self) -> int:
        """How many dealers were ranked."""
        return len(self.rows)

    @property
    def total(self) -> Decimal:
        """Σ of the positive measures."""
        return plain(EXACT.multiply(self.grain, Decimal(self.total_grains)))

    def before(self, row: Ranked) -> Decimal:
        """Σ of the positive measures ranked above a dealer: the cumulative that the cuts look at."""
        return plain(EXACT.multiply(self.grain, Decimal(row.before)))

    def share_before(self, row: Ranked) -> Decimal | None:
        """`before` ÷ total, 0–1, cut off after 6 decimals, so that it is below a cut exactly if the dealer is.

        None where the dealer's measure is not above 0: it has no place in the total.
        """
        if row.measure <= 0:
            return None
        return plain(Decimal(row.before * 10**SHARE_PLACES // self.total_grains).scaleb(-SHARE_PLACES))

    def digest(self) -> str:
        """SHA-256, as hex, over the ranked list: one line `rank ⇥ code ⇥ dealer ⇥ measure ⇥ class` a dealer."""
        hashed = sha256()
        for start in range(0, len(self.rows), DIGEST_LINES):
            some = self.rows[start : start + DIGEST_LINES]
            lines = (f"{r.rank}\t{r.code}\t{r.dealer}\t{plain_text(r.measure)}\t{r.abc}\n" for r in some)
            hashed.update("".join(lines).encode())
        return hashed.hexdigest()


def rank(population: Iterable[Measured], cuts: Cuts = USUAL_CUTS) -> Ranking:
    """Rank and cut a population; its order on entry does not matter, for codes are unique.

    A million dealers take two sorts (the first is free if they come by code) and a few passes, in whole grains:
    these sort and add several times as fast as decimals, and as exactly.
    """
    by_code = sorted(population, key=attrgetter("code"))
    grain, grains = _in_grains([each.measure for each in by_code])
    order = sorted(range(len(by_code)), key=grains.__getitem__, reverse=True)  # stable: equal measures stay by code
    positive = bisect_left(order, True, key=lambda place: grains[place] <= 0)
    cumulated = list(accumulate(map(grains.__getitem__, order[:positive]), initial=0))
    total = cumulated.pop()
    end_of_a, end_of_b = (_first_not_below(cut, total, cumulated) for cut in (cuts.a, cuts.b))
    classes: Iterator[AbcClass] = chain(repeat("A", end_of_a), repeat("B", end_of_b - end_of_a), repeat("C"))
    places = zip(count(1), map(by_code.__getitem__, order), classes, chain(cumulated, repeat(total)), strict=False)
    rows = [Ranked(each.dealer, each.code, each.measure, at, abc, before) for at, each, abc, before in places]
    return Ranking(grain, total, rows)


def _first_not_below(cut: Decimal, total: int, cumulated: list[int]) -> int:
    """The first place where 100 × cumulative before is not below cut × total."""
    numerator, denominator = cut.as_integer_ratio()
    bound = numerator * total
    return bisect_left(cumulated, bound, key=lambda before: 100 * before * denominator)


def _in_grains(measures: list[Decimal]) -> tuple[Decimal, list[int]]:
    """The finest unit that occurs, and every measure as a whole number of it."""
    with localcontext(EXACT):
        finest = sum(measures, NOTHING).as_tuple().exponent  # an exact sum has the exponent of its finest term
        if not isinstance(finest, int):
            raise ValueError("a measure is not a finite number")
        one = Decimal(1).scaleb(-finest)
        return Decimal(1).scaleb(finest), [int(measure * one) for measure in measures]
