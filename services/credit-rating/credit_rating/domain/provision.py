"""Bad-debt provision (坏账准备) of what one dealer owes: each bucket of what is open times its share by policy.

Source: domain.md 2.2. Unapplied credit is not set off: it is nobody's payment yet. The sum is rounded once, half up.
"""

from __future__ import annotations

from decimal import Decimal

from .ageing import ageing
from .money import NOTHING, rounded
from .policy.provision import ProvisionRule
from .receivables import Receivables


def buckets(receivables: Receivables, rule: ProvisionRule) -> tuple[Decimal, ...]:
    """What is open, by the rule's buckets."""
    *columns, _unapplied = ageing(receivables, rule.limits)
    return tuple(column.amount for column in columns)


def provision(open_by_bucket: tuple[Decimal, ...], rule: ProvisionRule) -> Decimal:
    """What is to be provided for, rounded once."""
    parts = (amount * share for amount, share in zip(open_by_bucket, rule.shares, strict=True))
    return rounded(sum(parts, NOTHING))
