"""What disputes leave out of a dealer's payment reputation.

Source: domain.md 2.3: disputed amounts are left out while open and counted if the dispute is dismissed. An upheld
one stays left out as far as no credit note has taken it off the invoice, else it would be taken off twice.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import msgspec

from rules.entries import Dispute, DisputeOutcome
from rules.ledger import Ledger
from rules.money import NOTHING

DocumentKey = tuple[str, str]
"""(source, number) of an invoice."""


class Disputed(msgspec.Struct, frozen=True):
    """Amounts of one invoice contested and undecided, and contested with success."""

    open: Decimal = NOTHING
    upheld: Decimal = NOTHING

    def left_out(self, *, value: Decimal, credited: Decimal) -> Decimal:
        """How much of an invoice that is worth `value` after the `credited` amount is not judged."""
        return min(value, self.open + max(NOTHING, self.upheld - credited))


def disputed_invoices(ledger: Ledger) -> dict[DocumentKey, Disputed]:
    """By invoice, what of it is disputed at the ledger's date; invoices never disputed are absent."""
    outcomes: dict[DocumentKey, list[DisputeOutcome]] = defaultdict(list)
    for outcome in ledger.outcomes:
        outcomes[outcome.source, outcome.number].append(outcome)
    disputed: dict[DocumentKey, Disputed] = defaultdict(Disputed)
    for dispute in ledger.disputes:
        key = (dispute.source, dispute.number)
        disputed[key] = _with(disputed[key], dispute, _decided(dispute.disputed_on, outcomes[key]))
    return disputed


def _decided(disputed_on: date, outcomes: list[DisputeOutcome]) -> str | None:
    return next((outcome.outcome for outcome in outcomes if outcome.settled_on >= disputed_on), None)


def _with(so_far: Disputed, dispute: Dispute, outcome: str | None) -> Disputed:
    match outcome:
        case None:
            return Disputed(so_far.open + dispute.amount, so_far.upheld)
        case "upheld":
            return Disputed(so_far.open, so_far.upheld + dispute.amount)
        case _:
            return so_far
