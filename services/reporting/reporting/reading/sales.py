"""The monthly sales report (客户销售月报表): quantity, amount, returns, net, beside last month and the year before.

A row is a dealer, branch or region in a month. Amounts are without VAT; each is rounded once, half up, to 2; totals are
the sums of the rows. A change rate whose base is not above 0 is null (domain.md 0, 3.8).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from reporting.reading.months import between, moved
from reporting.reading.places import Places
from reporting.reading.plain import Figure
from reporting.reading.standpoint import AT, Standpoint, within
from rules.money import rounded, share

Level = Literal["dealer", "branch", "region"]
NOTHING = Decimal(0)
COUNTED = f"""l.kind in ('sale', 'return') and l.direction = 'sell_in'
    and l.sold_on <= (select as_of from at) and {within("l", "tiering")}
    and not exists (select from sale_line r where r.reversed = l.event and {within("r", "tiering")})"""
MONTHS = f"""{AT}
select l.dealer, date_trunc('month', l.sold_on)::date as month,
    coalesce(sum(l.quantity) filter (where l.kind = 'sale'), 0) as sold,
    coalesce(sum(l.quantity) filter (where l.kind = 'return'), 0) as returned,
    coalesce(sum(l.amount) filter (where l.kind = 'sale'), 0) as amount,
    coalesce(sum(l.amount) filter (where l.kind = 'return'), 0) as returns
from sale_line l
where {COUNTED} and (l.sold_on >= $5 and l.sold_on < $6 or l.sold_on >= $7 and l.sold_on < $8)
    and ($9::uuid is null or l.dealer = $9)
group by 1, 2
"""
DEALERS = f"""{AT}
select o.dealer, o.code, coalesce(c.name, o.name) as name, o.branch, o.region from onboarding o
left join lateral (select c.name from card c where c.dealer = o.dealer and c.name is not null
    and {within("c", "registry")} order by c.sequence desc limit 1) c on true
where {within("o", "registry")}
"""
LINES = f"""{AT}
select l.sold_on, l.origin, l.invoice, l.line_of_invoice, l.kind, l.product, l.description, l.quantity, l.unit_price,
    l.amount, l.source, l.partition, l.sequence
from sale_line l
where {COUNTED} and l.dealer = $5 and l.sold_on >= $6 and l.sold_on <= $7 and (l.sold_on, l.sequence) > ($8, $9)
order by l.sold_on, l.sequence
limit $10
"""


class Sold(NamedTuple):
    """Sums of one dealer or place in one month."""

    quantity: Decimal = NOTHING
    amount: Decimal = NOTHING
    returns: Decimal = NOTHING

    def plus(self, other: Sold) -> Sold:
        """Both together."""
        return Sold(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class SalesRow(BaseModel):
    """A unit in a month; `*_change` is a rate (0.25 = a quarter more), null where the base is not above 0."""

    unit: str
    code: str
    name: str
    branch: str | None
    region: str | None
    month: date
    quantity: Figure
    amount: Figure
    returns: Figure
    net: Figure
    previous_net: Figure
    previous_change: Figure | None
    last_year_net: Figure
    last_year_change: Figure | None


@dataclass(frozen=True)
class SalesReport:
    """All rows of the report, and the row of their sums."""

    rows: list[SalesRow]
    total: SalesRow


@dataclass(frozen=True, kw_only=True)
class SalesQuestion:
    """What a report is asked: months as first days, and a place to look into."""

    first: date
    last: date
    level: Level = "dealer"
    branch: str = ""
    region: str = ""
    dealer: UUID | None = None


class Unit(NamedTuple):
    """Who a row is about."""

    key: str
    code: str
    name: str
    branch: str | None
    region: str | None


async def sales_report(conn: Any, at: Standpoint, ask: SalesQuestion, places: Places) -> SalesReport:
    """The report; a unit without any figure in a month has no row for it."""
    units = await _units(conn, at, ask, places)
    spans = (moved(ask.first, -1), moved(ask.last, 1), moved(ask.first, -12), moved(ask.last, -11))
    sums: dict[tuple[Unit, date], Sold] = defaultdict(Sold)
    for row in await conn.fetch(MONTHS, *at.parameters, *spans, ask.dealer):
        if unit := units.get(row["dealer"]):
            sold = Sold(row["sold"] - row["returned"], row["amount"], row["returns"])
            sums[unit, row["month"]] = sums[unit, row["month"]].plus(sold)
    every = sorted({unit for unit, _ in sums}, key=lambda unit: unit.code)
    rows = []
    for month in between(ask.first, ask.last):
        for unit in every:
            compared = [sums.get((unit, each), Sold()) for each in (month, moved(month, -1), moved(month, -12))]
            if any(any(each) for each in compared):
                rows.append(_row(unit, month, *compared))
    return SalesReport(rows, total_of(rows, ask.first))


async def _units(conn: Any, at: Standpoint, ask: SalesQuestion, places: Places) -> dict[UUID, Unit]:
    found: dict[UUID, Unit] = {}
    for row in await conn.fetch(DEALERS, *at.parameters):
        branch, region = row["branch"], row["region"]
        if (ask.branch and branch != ask.branch) or (ask.region and region != ask.region):
            continue
        match ask.level:
            case "dealer":
                unit = Unit(str(row["dealer"]), row["code"], row["name"], branch, region)
            case "branch":
                unit = Unit(branch, branch, places.name("branch", branch), None, region)
            case "region":
                unit = Unit(region, region, places.name("region", region), None, None)
        found[row["dealer"]] = unit
    return found


def _row(unit: Unit, month: date, now: Sold, before: Sold, a_year_before: Sold) -> SalesRow:
    net, previous, last_year = (rounded(each.amount - each.returns) for each in (now, before, a_year_before))
    return SalesRow(
        unit=unit.key,
        code=unit.code,
        name=unit.name,
        branch=unit.branch,
        region=unit.region,
        month=month,
        quantity=now.quantity,
        amount=rounded(now.amount),
        returns=rounded(now.returns),
        net=net,
        previous_net=previous,
        previous_change=change(net, previous),
        last_year_net=last_year,
        last_year_change=change(net, last_year),
    )


def total_of(rows: Sequence[SalesRow], month: date) -> SalesRow:
    """The sums of these rows; its rates are of the sums."""

    def summed(name: str) -> Decimal:
        return sum((getattr(row, name) for row in rows), NOTHING)

    figures = {name: summed(name) for name in ("quantity", "amount", "returns", "net", "previous_net", "last_year_net")}
    return SalesRow(
        unit="",
        code="",
        name="",
        branch=None,
        region=None,
        month=month,
        previous_change=change(figures["net"], figures["previous_net"]),
        last_year_change=change(figures["net"], figures["last_year_net"]),
        **figures,
    )


def change(now: Decimal, base: Decimal) -> Decimal | None:
    """(now − base) ÷ base to four places; None where the base is not above 0."""
    rate = share(now - base, base)
    return None if rate is None else rounded(rate, 4)


async def lines(
    conn: Any, at: Standpoint, dealer: UUID, *, first: date, last: date, after: tuple[date, int], limit: int
) -> list[Any]:
    """Sale lines of a dealer, each with its place in the log."""
    return list(await conn.fetch(LINES, *at.parameters, dealer, first, last, *after, limit))


def net_of(rows: Iterable[Any]) -> Decimal:
    """Sales less returns of these lines."""
    return sum((row["amount"] if row["kind"] == "sale" else -row["amount"] for row in rows), NOTHING)
