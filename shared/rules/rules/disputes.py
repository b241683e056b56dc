"""What disputes leave out of a dealer's payment reputation.

Source: domain.md 2.3: disputed amounts are left out while open and counted if the dispute is dismissed. An upheld
one stays left out as far as no credit note since has taken it off the invoice, else it would be taken off twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import msgspec

from rules.entries import Dispute, DisputeOutcome
from rules.ledger import Ledger
from rules.money import NOTHING


class Disputed(msgspec.Struct, frozen=True):
    """Amounts of one invoice contested and undecided, and contested with success."""

    open: Decimal = NOTHING
    upheld: Decimal = NOTHING
    upheld_since: date | None = None
    """The day of the first dispute that was upheld: a credit note from before is about something else."""

    def left_out(self, *, value: Decimal, credited: Decimal) -> Decimal:
        """How much of an invoice is not judged that is worth `value`, `credited` since the upheld dispute taken off."""
        return min(value, self.open + max(NOTHING, self.upheld - credited))


def disputed_invoices(ledger: Ledger, find: Callable[[str, str], int | None]) -> dict[int, Disputed]:
    """What of each invoice is disputed at the ledger's date, by its place; invoices never disputed are absent.

    `find` gives the place of the invoice that (source, number) names, as for what pays it.
    """
    disputes: dict[int, list[Dispute]] = defaultdict(list)
    outcomes: dict[int, list[DisputeOutcome]] = defaultdict(list)
    for dispute in ledger.disputes:
        if (place := find(dispute.source, dispute.number)) is not None:
            disputes[place].append(dispute)
    for outcome in ledger.outcomes:
        if (place := find(outcome.source, outcome.number)) is not None:
            outcomes[place].append(outcome)
    return {place: _disputed(raised, outcomes[place]) for place, raised in disputes.items()}


def _disputed(raised: list[Dispute], outcomes: list[DisputeOutcome]) -> Disputed:
    """An outcome decides the disputes from before its day, or if there are none undecided, those of its day."""
    waiting, upheld = list(raised), list[Dispute]()
    for outcome in outcomes:
        before = [each for each in waiting if each.disputed_on < outcome.settled_on]
        decided = before or [each for each in waiting if each.disputed_on == outcome.settled_on]
        waiting = [each for each in waiting if each not in decided]
        upheld += decided if outcome.outcome == "upheld" else []
    return Disputed(
        open=sum([each.amount for each in waiting], NOTHING),
        upheld=sum([each.amount for each in upheld], NOTHING),
        upheld_since=min([each.disputed_on for each in upheld], default=None),
    )
