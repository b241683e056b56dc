"""The ageing of every dealer in the caller's scope, page by page, with totals over all that the filters leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from credit_rating.ageing_memory import AgeingMemory, memory_of
from credit_rating.api.figures import AgeColumn
from credit_rating.api.money import Money
from credit_rating.evidence import bounds, entries_of
from credit_rating.known_at import AsOfPage, KnownAt, as_of_page, cut_known_at
from credit_rating.published_policies import shown_in_force
from credit_rating.snapshot import SERVICE
from eventlog.position import Cut
from events.fields import Day
from rules.ageing import AgeBy, Column
from rules.ageing_of_many import Aged
from rules.ageing_of_many import Asked as AgeingAsked
from rules.ageing_of_many import ageing_of_all as aged_ledgers
from rules.money import NOTHING
from service.context import Read
from service.listing import Asked, Listing, Row, computed, equals
from service.routing import Router

router = Router("receivables")
COMPUTED = {"balance", "past_due", "owing", "overdue"}
"""What no statement can sort or filter by: these pages come from the figures of every dealer."""

DEALERS = """
select d.dealer, d.code, d.name, s.territory, s.branch, s.region
from dealer d join dealer_scope s using (dealer) where d.code is not null
"""


class AgeingRow(BaseModel):
    """The ageing of one dealer, or of all in scope (`dealer` null)."""

    dealer: UUID | None
    code: str | None
    name: str | None
    balance: Money
    past_due: Money
    columns: list[AgeColumn]


AGEING = Listing(
    DEALERS,
    AgeingRow,
    key=("dealer",),
    sorts=("code", "name", "balance", "past_due"),
    nullable=("name",),
    default="code",
    filters={
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
        "owing": computed(bool),
        "overdue": computed(bool),
    },
    spread={"columns": ("name", "amount")},
)


class AgeingPage(AsOfPage[AgeingRow]):
    """A page of dealers, and the totals over all in the caller's scope that the filters leave, not only the page's."""

    totals: AgeingRow


@router.get("/receivables/ageing", permission="receivables.read", answers=AgeingPage, problems=("no-policy",))
async def ageing_of_all(
    read: Read,
    asked: Annotated[Asked, Depends(AGEING.asked)],
    as_of: Day | None = None,
    known_at: KnownAt = None,
    by: AgeBy = "due_date",
) -> AgeingPage:
    """The ageing of every dealer in scope, by code unless sorted by what is owed or past due.

    `owing`: the balance is not 0; `overdue`: something is past due (or past its invoice date, if aged by that).
    """
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        limits = (await shown_in_force(conn, day)).policy.ageing.limits
        what = AgeingAsked(bounds(cut, SERVICE), day, limits, by)
        rows, total = await _aged(conn, asked, what, cut, memory_of(read))
    totals = AgeingRow.model_validate({"dealer": None, "code": None, "name": None, **_row(total)})
    return AgeingPage(**as_of_page(asked.page(rows, AgeingRow), read, day, cut), totals=totals)


async def _aged(
    conn: Any, asked: Asked, what: AgeingAsked, cut: Cut, memory: AgeingMemory
) -> tuple[list[Row], Sequence[Column]]:
    """The rows of the page, and the columns of all that are listed."""

    async def whole(dealers: list[UUID]) -> Any:
        return await entries_of(conn, dealers, cut)

    if not asked.filters and asked.sort not in COMPUTED:
        dealers = await asked.rows(conn)
        aged = await aged_ledgers(conn.fetch, whole, what, [row["dealer"] for row in dealers])
        return _shown(dealers, aged), aged.total
    every = await asked.every(conn)
    aged = await memory.of_these(conn.fetch, whole, what, [row["dealer"] for row in every])
    if not COMPUTED & {asked.sort, *asked.filters}:
        return _shown(await asked.rows(conn), aged), aged.total
    figures = (dict(row) | _sums(aged.amounts[row["dealer"]]) for row in every)
    rows = [row for row in figures if _wanted(row, asked.filters)]
    return _shown(asked.of_computed(rows), aged), _added([aged.amounts[row["dealer"]] for row in rows], aged.names)


def _shown(dealers: Iterable[Row], aged: Aged) -> list[Row]:
    return [dict(row) | _row(aged.of(row["dealer"])) for row in dealers]


def _wanted(row: Row, filters: Mapping[str, Any]) -> bool:
    found = {"owing": row["balance"] != 0, "overdue": row["past_due"] != 0}
    return all(found[name] == filters[name] for name in found.keys() & filters.keys())


def _added(rows: Sequence[Sequence[Decimal]], names: Sequence[str]) -> list[Column]:
    """The columns of these rows together."""
    return [Column(name, sum((row[n] for row in rows), NOTHING)) for n, name in enumerate(names)]


def _sums(amounts: Sequence[Decimal]) -> dict[str, Decimal]:
    """Balance, and what of it is past due: all but the first column, not due, and the last, unapplied credit."""
    past_due = sum(amounts[1:-1], NOTHING)
    return {"balance": past_due + amounts[0] + amounts[-1], "past_due": past_due}


def _row(columns: Sequence[Column]) -> dict[str, Any]:
    """The same with the columns, which add up to the balance."""
    return _sums([column.amount for column in columns]) | {"columns": [column._asdict() for column in columns]}
