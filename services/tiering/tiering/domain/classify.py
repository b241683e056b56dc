"""An ABC classification as a pure function: what is known at a cut, a policy and a window, to one decision a dealer.

A run writes these decisions and `rederive` computes them again: they must be equal byte for byte (architecture.md 4).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from events.ids import canonical
from events.types.shapes import PolicyRef
from events.types.tiering import AbcClassAssigned

from .abc import Cuts, Measured, Ranking, rank
from .exact import plain
from .measures import Line, LineReversal, measures
from .policy import SalesMeasure
from .windows import Window


class Basis(msgspec.Struct, frozen=True):
    """What all decisions of a run share: the run, its window, the policy it went by and its cut (*known at*)."""

    run: str
    window: Window
    policy: PolicyRef
    cut: Mapping[str, Mapping[str, int]]


class Decision(msgspec.Struct, frozen=True):
    """What was decided for one dealer."""

    dealer: str
    assigned: AbcClassAssigned

    def data(self) -> bytes:
        """The canonical form of the event's `data`, by which two derivations are compared."""
        return canonical(self.assigned)


def classify(
    facts: Iterable[Line | LineReversal],
    codes: Mapping[str, str],
    *,
    window: Window,
    measure: SalesMeasure,
    cuts: Cuts,
    without: Collection[str] = (),
) -> Ranking:
    """The ranking of the company from its sale lines.

    `codes` are the dealers' codes at the cut, `window` and `measure` those of the run, `cuts` those of its policy;
    dealers `without` are left out.
    """
    return classify_sums(measures(facts, window, measure), codes, cuts, without)


def classify_sums(
    sums: Mapping[str, Decimal], codes: Mapping[str, str], cuts: Cuts, without: Collection[str] = ()
) -> Ranking:
    """The ranking from sums by dealer. A dealer whose code is not known at the cut is ordered by its id."""
    ranked = (dealer for dealer in sums if dealer not in without)
    return rank((Measured(dealer, codes.get(dealer, dealer), plain(sums[dealer])) for dealer in ranked), cuts)


def decisions(ranking: Ranking, basis: Basis) -> Iterator[Decision]:
    """One `AbcClassAssigned` a dealer, in order of rank."""
    total, population = ranking.total, ranking.population
    cut = {service: dict(sequences) for service, sequences in basis.cut.items()}
    for row in ranking.rows:
        assigned = AbcClassAssigned(
            run=basis.run,
            window_from=basis.window.first,
            window_to=basis.window.last,
            abc=row.abc,
            measure=plain(row.measure),
            rank=row.rank,
            share_before=ranking.share_before(row),
            total=total,
            population=population,
            policy=basis.policy,
            cut=cut,
        )
        yield Decision(row.dealer, assigned)
