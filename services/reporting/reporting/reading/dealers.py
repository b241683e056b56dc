"""The dealer list: every dealer in scope with its standing, filtered, sorted, a page of it complete with dates due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from reporting.reading.ledger import LedgerMemory, Owed
from reporting.reading.plain import Figure
from reporting.reading.standpoint import Standpoint, within
from reporting.reading.visits import next_visits
from rules.money import rounded, share

BOUND = {
    "card": ("c", "registry"),
    "onboarding": ("o", "registry"),
    "suspension": ("s", "registry"),
    "grade": ("g", "credit"),
    "credit_limit": ("l", "credit"),
    "limit_override": ("i", "credit"),
    "override_end": ("j", "credit"),
    "abc_class": ("a", "tiering"),
    "ledger_entry": ("e", "credit"),
    "reversal": ("r", "credit"),
    "order_event": ("v", "credit"),
    "consigned_stock": ("q", "tiering"),
}


def _of_either_log(run: str) -> str:
    ours = {"rating": "credit", "classification": "tiering"}
    return f"case {run}.kind " + " ".join(f"when '{k}' then {within(run, log)}" for k, log in ours.items()) + " end"


DEALERS = (
    (Path(__file__).with_name("dealers.sql"))
    .read_text()
    .format(
        **{name: within(*bound) for name, bound in BOUND.items()},
        run_s=_of_either_log("s"),
        run_c=_of_either_log("c"),
    )
)


class DealerRow(BaseModel):
    """A dealer as the list shows it; `share` is its part of all classified sales, 0–1; money in the one currency."""

    dealer: UUID
    code: str
    name: str
    region: str
    branch: str
    territory: str
    onboarded_on: date
    suspended: bool
    grade: int | None
    grade_event: str | None
    limit: Figure | None
    limit_event: str | None
    balance: Figure
    unmatured_bills: Figure
    reserved: Figure
    consigned_stock: Figure
    exposure: Figure
    abc: str | None
    abc_event: str | None
    share: Figure | None
    overdue: Figure = Decimal(0)
    next_visit: date | None = None
    """The last day of the period in which the next visit is due."""


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; text matches code or name in any case."""

    q: str = ""
    region: str = ""
    branch: str = ""
    territory: str = ""
    grade: str = ""
    abc: str = ""
    overdue: bool = False

    def admit(self, row: DealerRow) -> bool:
        """Whether a dealer belongs to the list, as far as that is known before what is overdue."""
        named = self.q.casefold()
        return (
            (not named or named in row.code.casefold() or named in row.name.casefold())
            and (not self.region or row.region == self.region)
            and (not self.branch or row.branch == self.branch)
            and (not self.territory or row.territory == self.territory)
            and (not self.grade or self.grade == (str(row.grade) if row.grade else "none"))
            and (not self.abc or self.abc == (row.abc or "none"))
        )


LATEST, NOTHING = date.max, Decimal(0)
SORTS: dict[str, Callable[[DealerRow], Any]] = {
    "code": lambda row: row.code,
    "name": lambda row: row.name,
    "region": lambda row: (row.region, row.branch, row.territory),
    "branch": lambda row: (row.branch, row.territory),
    "territory": lambda row: row.territory,
    "grade": lambda row: row.grade or 9,
    "limit": lambda row: NOTHING - 1 if row.limit is None else row.limit,
    "exposure": lambda row: row.exposure,
    "abc": lambda row: (row.abc or "Z", -(row.share or NOTHING)),
    "share": lambda row: NOTHING - 1 if row.share is None else row.share,
    "overdue": lambda row: row.overdue,
    "next_visit": lambda row: row.next_visit or LATEST,
}
NEEDS_OVERDUE, NEEDS_VISITS = frozenset({"overdue"}), frozenset({"next_visit"})


@dataclass(frozen=True)
class Totals:
    """Sums of the rows they stand under."""

    dealers: int
    limit: Decimal
    exposure: Decimal
    overdue: Decimal


@dataclass(frozen=True)
class DealerPage:
    """One page of the list. `found` counts all that the filters admit; `totals` are the sums of `rows`."""

    rows: list[DealerRow]
    found: int
    totals: Totals
    following: tuple[str, str] | None = None
    """Key and code of the last row, where there are more behind it."""


async def dealer_rows(conn: Any, at: Standpoint, memory: LedgerMemory, dealer: UUID | None = None) -> list[DealerRow]:
    """All dealers that the caller sees (or the one), without what is overdue and the next visit."""
    records = await conn.fetch(DEALERS, *at.parameters, dealer)
    owed = await memory.owed(conn, at, {r["dealer"]: (r["last"], r["entries"]) for r in records if r["given_up"]})
    return [_row(record, owed.get(record["dealer"])) for record in records]


def _row(record: Any, owed: Owed | None) -> DealerRow:
    part = share(record["measure"], record["total"]) if record["measure"] is not None else None
    balance, bills = owed or Owed(record["balance"], record["unmatured_bills"])
    row = dict(record) | {
        "balance": balance,
        "unmatured_bills": bills,
        "exposure": balance + bills + record["reserved"] + record["consigned_stock"],
        "share": None if part is None else rounded(part, 6),
        "grade_event": _event(record, "credit-rating", "grade"),
        "limit_event": _event(record, "credit-rating", "limit"),
        "abc_event": _event(record, "tiering", "abc"),
    }
    return LedgerRow.model_validate(row)


class LedgerRow(DealerRow):
    """A row that also knows how long its ledger is: what names the amount overdue."""

    last: int
    entries: int


def _event(record: Any, source: str, name: str) -> str | None:
    at = record[f"{name}_sequence"]
    return None if at is None else f"{source}/{record[f'{name}_partition']}/{at}"


async def dealer_page(
    conn: Any,
    at: Standpoint,
    memory: LedgerMemory,
    *,
    filters: Filters,
    sort: str,
    descending: bool,
    limit: int | None,
    after: str | None = None,
) -> DealerPage:
    """The rows behind the dealer `after` (its code) in this order; `limit` None: all of them.

    A cursor names the last dealer seen: one that has left the list meanwhile starts it anew.
    """
    rows = [row for row in await dealer_rows(conn, at, memory) if filters.admit(row)]
    if sort in NEEDS_OVERDUE or filters.overdue:
        rows = await _with_overdue(conn, at, memory, rows)
        rows = [row for row in rows if not filters.overdue or row.overdue > 0]
    if sort in NEEDS_VISITS:
        rows = await _with_visits(conn, at, rows)
    rows.sort(key=lambda row: row.code)
    rows.sort(key=SORTS[sort], reverse=descending)
    start = next((place + 1 for place, row in enumerate(rows) if row.code == after), 0) if after else 0
    page = rows[start : None if limit is None else start + limit]
    page = await _with_visits(conn, at, await _with_overdue(conn, at, memory, page))
    more = start + len(page) < len(rows)
    return DealerPage(page, len(rows), totals_of(page), (sort, page[-1].code) if more else None)


def totals_of(rows: Sequence[DealerRow]) -> Totals:
    """The sums of what is shown."""
    return Totals(
        dealers=len(rows),
        limit=sum((row.limit or NOTHING for row in rows), NOTHING),
        exposure=sum((row.exposure for row in rows), NOTHING),
        overdue=sum((row.overdue for row in rows), NOTHING),
    )


async def complete(conn: Any, at: Standpoint, memory: LedgerMemory, rows: Iterable[DealerRow]) -> list[DealerRow]:
    """The same rows with what is overdue and the next visit."""
    return await _with_visits(conn, at, await _with_overdue(conn, at, memory, list(rows)))


async def _with_overdue(conn: Any, at: Standpoint, memory: LedgerMemory, rows: list[DealerRow]) -> list[DealerRow]:
    ledgers = {row.dealer: (row.last, row.entries) for row in rows if isinstance(row, LedgerRow) and row.entries}
    known = await memory.overdue(conn, at, ledgers)
    return [row.model_copy(update={"overdue": known.get(row.dealer, NOTHING)}) for row in rows]


async def _with_visits(conn: Any, at: Standpoint, rows: list[DealerRow]) -> list[DealerRow]:
    plans = await next_visits(conn, at, {row.dealer: row.onboarded_on for row in rows})
    return [
        row.model_copy(update={"next_visit": plans[row.dealer].period.last}) if row.dealer in plans else row
        for row in rows
    ]


__all__ = ["SORTS", "DealerPage", "DealerRow", "Filters", "Totals", "complete", "dealer_page", "dealer_rows"]
