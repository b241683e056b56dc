"""Which stage of collection a dealer has reached: a pure rule over its receivables as of a day (domain.md 2.7).

The stage is that of the open invoice longest past due; less than the policy's minimum overdue is not chased. What is
disputed counts, as it does when an order is checked; each invoice says beside it how much that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from events import ChasedInvoice

from .money import NOTHING
from .policy.collection import CollectionRule, CollectionStage
from .receivables import Receivables

NAMED = 200
"""So many invoices, the oldest, are named one by one."""


class Reached(msgspec.Struct, frozen=True):
    """A stage of these, 1 the mildest, with what is overdue in all: its amount, how many invoices, the oldest."""

    number: int
    stages: tuple[CollectionStage, ...]
    amount: Decimal
    count: int
    oldest_due_on: date
    invoices: tuple[ChasedInvoice, ...]


def reached(owed: Receivables, rule: CollectionRule) -> Reached | None:
    """The stage of a dealer at the end of `owed.as_of`; None: nothing that is chased."""
    overdue = sorted(
        (item for item in owed.open_items if item.invoice.due_on < owed.as_of),
        key=lambda item: (item.invoice.due_on, item.invoice.issued_on, item.invoice.number, item.invoice.source),
    )
    amount = sum((item.open for item in overdue), NOTHING)
    if not overdue or amount < rule.minimum:
        return None
    oldest = overdue[0].invoice.due_on
    number = rule.number_at((owed.as_of - oldest).days)
    if number is None:
        return None
    named = tuple(
        ChasedInvoice(
            source=item.invoice.source, number=item.invoice.number, due_on=item.invoice.due_on, open=item.open,
            days=(owed.as_of - item.invoice.due_on).days, disputed=min(item.open, item.disputed.open),
        )
        for item in overdue[:NAMED]
    )  # fmt: skip
    return Reached(number, rule.stages, amount, len(overdue), oldest, named)


def stage_of_columns(amounts: Sequence[Decimal], rule: CollectionRule) -> tuple[int | None, Decimal]:
    """The same stage, and what is overdue, from the columns of the ageing by `rule.limits`, unapplied credit aside."""
    overdue = sum(amounts[1:], NOTHING)
    in_stages = amounts[-len(rule.stages) :]
    number = max((n for n, amount in enumerate(in_stages, 1) if amount > 0), default=None)
    return (number if overdue >= rule.minimum else None), overdue
