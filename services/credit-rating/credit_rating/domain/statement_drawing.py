"""How a statement is drawn up: from a ledger within a cut, for some days, under a policy: the same bytes wherever.

`rederive_statement` draws it up again from what was known at its cut and compares. Only what a dealer may see stands on
it: documents, balances and their ageing, no grade, limit, provision or standard of service.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from events import StatementColumn, StatementIssued, StatementTotal
from events.types.shapes import PolicyRef
from events.types.statement import StatementPurpose
from rules.statement import Line, Statement, digest, statement

from .ageing import ageing
from .calendar_window import month_end, month_of
from .entries import LedgerEntry
from .ledger import ledger_at
from .money import NOTHING, rounded
from .receivables import receivables


class Asked(NamedTuple):
    """Which statement: of which days, what for, by whom."""

    statement: str
    purpose: StatementPurpose
    first_day: date
    last_day: date
    currency: str
    issued_by: str
    addressed_to: str | None = None


class Occasion(NamedTuple):
    """The policy and the cut that it is drawn up under; `limits` are those of the policy's ageing columns."""

    policy: PolicyRef
    limits: Sequence[int]
    cut: dict[str, dict[str, int]]


def drawn_up(entries: Sequence[LedgerEntry], asked: Asked, occasion: Occasion) -> StatementIssued:
    """The statement of one dealer's ledger as the cut has it; ValueError if it is not that of the receivables."""
    stated = statement(entries, asked.first_day, asked.last_day)
    owed = receivables(entries, asked.last_day)
    if stated.closing_balance != owed.balance:
        raise ValueError(f"lines add up to {stated.closing_balance}, the receivables are {owed.balance}")
    columns = ageing(owed, occasion.limits)
    return StatementIssued(
        **asked._asdict(),
        opening_balance=rounded(stated.opening_balance),
        closing_balance=rounded(stated.closing_balance),
        lines=len(stated.lines),
        totals=tuple(_totals(stated.lines)),
        digest=digest(stated.lines),
        ageing=tuple(StatementColumn(name=name, amount=rounded(amount)) for name, amount in columns),
        policy=occasion.policy,
        cut=occasion.cut,
    )


def anything_to_state(issued: StatementIssued) -> bool:
    """Whether there was activity or is a balance; else the clock issues nothing."""
    return bool(issued.lines or issued.opening_balance or issued.closing_balance)


def any_activity(entries: Iterable[LedgerEntry], last_day: date) -> bool:
    """Whether the ledger holds anything at all until a day: else there is nothing that a dealer could confirm."""
    ledger = ledger_at(entries, last_day)
    return any((ledger.invoices, ledger.credits, ledger.came_back, ledger.write_offs, ledger.recoveries))


def months_to_state(stated_to: date | None, today: date) -> list[date]:
    """The last days of the months that the clock states on `today`, from the last one that it stated at all."""
    latest = last_month(today)[1]
    if stated_to is None or stated_to >= latest:
        return [latest]
    return [month_end(month) for month in range(month_of(stated_to), month_of(latest) + 1)]


def last_month(today: date) -> tuple[date, date]:
    """The first and the last day of the month before that of `today`."""
    last = month_end(month_of(today) - 1)
    return last.replace(day=1), last


def month_days(year: int, month: int) -> tuple[date, date]:
    """The first and the last day of a calendar month."""
    first = date(year, month, 1)
    return first, month_end(month_of(first))


def again(issued: StatementIssued, entries: Sequence[LedgerEntry], limits: Sequence[int]) -> StatementIssued:
    """The same statement drawn up once more; `limits` are those of the policy that it names."""
    asked = Asked(**{name: getattr(issued, name) for name in Asked._fields})
    return drawn_up(entries, asked, Occasion(issued.policy, limits, issued.cut))


def lines_of(issued: StatementIssued, entries: Iterable[LedgerEntry]) -> Statement:
    """The statement's lines, from the ledger as its cut has it."""
    return statement(entries, issued.first_day, issued.last_day)


def _totals(lines: Iterable[Line]) -> Iterable[StatementTotal]:
    sums: dict[str, tuple[int, Decimal]] = {}
    for line in lines:
        count, amount = sums.get(line.kind, (0, NOTHING))
        sums[line.kind] = (count + 1, amount + line.amount)
    for kind in sorted(sums):
        count, amount = sums[kind]
        yield StatementTotal(kind=kind, lines=count, amount=rounded(amount))
