"""What a limit may come to without due diligence, and what an approved one covers (domain.md 2.9).

Without it a dealer that has had no credit is given none, and any other at most `raise_beyond_percent` more than its
last grade came to. With it a limit goes as far as the last approved diligence covers, or to what the dealer had.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import msgspec

from events import LimitDiligence

from .calendar_window import plus_months
from .money import EXACT
from .policy.due_diligence import DueDiligenceRule


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """An approved due diligence: from its day on it covers a limit of so much."""

    diligence: str
    approved_on: date
    limit: Decimal


class Held(NamedTuple):
    """The limit that is given in place of the computed one, and why."""

    limit: Decimal
    why: LimitDiligence


def valid_at(approved: Iterable[Approved], as_of: date, rule: DueDiligenceRule) -> Approved | None:
    """The last one approved by a day that still counts then; of two on one day the later one."""
    counting = [
        each for each in approved if each.approved_on <= as_of <= plus_months(each.approved_on, rule.valid_months)
    ]
    return max(reversed(counting), key=lambda each: each.approved_on, default=None)


def free_of_it(before: Decimal, computed: Decimal, rule: DueDiligenceRule, unit: Decimal) -> Decimal:
    """The most that a dealer may get without due diligence; `before` is what its last grade came to, 0 if nothing."""
    if not _asked(before, rule):
        return computed
    percent = rule.raise_beyond_percent or 0
    return max(before, _down(Fraction(before) * (100 + percent) / 100, unit))


def held(computed: Decimal, before: Decimal, approved: Approved | None, rule: DueDiligenceRule,
         unit: Decimal) -> Held | None:  # fmt: skip
    """What a computed limit is held to, also where an approved diligence lets all of it pass; None: it needs none.

    An approved diligence says how far a dealer may go: what it covers, or what the dealer had if that is more.
    """
    free = free_of_it(before, computed, rule, unit)
    covers = None if approved is None else _down(Fraction(approved.limit), unit)
    most = free if covers is None or not _asked(before, rule) else max(before, covers)
    if computed <= min(free, most):
        return None
    why = LimitDiligence(
        computed=computed, before=before, free=free, covers=covers,
        diligence=approved.diligence if approved else None, approved_on=approved.approved_on if approved else None,
    )  # fmt: skip
    return Held(min(computed, most), why)


def _asked(before: Decimal, rule: DueDiligenceRule) -> bool:
    """Whether the policy asks for it: of a first limit, or of a raise."""
    return rule.first_limit if before <= 0 else rule.raise_beyond_percent is not None


def _down(amount: Fraction, unit: Decimal) -> Decimal:
    """The largest multiple of `unit` that is not above it."""
    return EXACT.multiply(Decimal(amount // Fraction(unit)), unit)
