"""One dealer: its card, its grade, limit and class with what they rest on, its orders, visits and survey."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from reporting.reading.dealers import DealerRow, complete, dealer_rows
from reporting.reading.group import OwnerGroup, group_of
from reporting.reading.ledger import LedgerMemory, rows_of
from reporting.reading.standpoint import AT, Standpoint, within
from rules.ageing import Column, ageing, days_sales_outstanding, overdue_beyond
from rules.ledger_rows import by_dealer
from rules.receivables import Receivables, receivables

CARD = f"""{AT}
select o.*, sup.code as supplier_code, sup.name as supplier_name
from onboarding o left join onboarding sup on sup.dealer = o.supplier
where o.dealer = $5 and {within("o", "registry")}
"""
TERMS = f"""{AT}
select t.method, t.term_days from term_change t
where t.dealer = $5 and t.effective_on <= (select as_of from at) and {within("t", "registry")}
order by t.effective_on desc, t.sequence desc limit 1
"""
REVISIONS = f"""{AT}
select c.fields, c.source, c.partition, c.sequence from card c
where c.dealer = $5 and {within("c", "registry")} order by c.sequence
"""
COMPLETED = """exists (select from run r where r.run = x.run and r.phase = 'completed' and r.kind = '{kind}'
    and {within})"""
GRADE = f"""{AT}
select x.* from grade x where x.dealer = $5 and x.as_of <= (select as_of from at) and {within("x", "credit")}
    and {COMPLETED.format(kind="rating", within=within("r", "credit"))}
order by x.as_of desc, x.sequence desc limit 1
"""
LIMIT = f"""{AT}
select x.* from credit_limit x join grade g on g.dealer = x.dealer and g.run = x.run
where x.dealer = $5 and x.as_of <= (select as_of from at) and g.as_of <= (select as_of from at)
    and {within("x", "credit")} and {within("g", "credit")}
    and {COMPLETED.format(kind="rating", within=within("r", "credit"))}
order by g.as_of desc, g.sequence desc, x.as_of desc, x.sequence desc limit 1
"""
"""The latest limit of the grade in force."""
OVERRIDE = f"""{AT}
select x.* from limit_override x
where x.dealer = $5 and x.kind = 'set' and (select as_of from at) between x.first_day and x.last_day
    and {within("x", "credit")} and not exists (
        select from limit_override j where j.override = x.override and j.kind = 'ended'
            and j.first_day <= (select as_of from at) and {within("j", "credit")}
    )
order by x.sequence desc limit 1
"""
ABC = f"""{AT}
select x.* from abc_class x where x.dealer = $5 and x.source = 'tiering' and x.partition = $6 and x.sequence = $7
    and (select as_of from at) is not null
"""
EVERY_ORDER = f"""{AT}
select x.number,
    max(x.amount) filter (where x.kind = 'placed') as amount,
    max(x.dated) filter (where x.kind = 'placed') as ordered_on,
    bool_or(x.prepaid) as prepaid,
    coalesce(sum(x.amount) filter (where x.kind = 'used'), 0) as used,
    (array_agg(x.kind order by x.sequence desc) filter (where x.kind in ('placed', 'released', 'held', 'cancelled')))[1]
        as state,
    (array_agg(x.reasons::text order by x.sequence desc) filter (where x.kind = 'held'))[1] as reasons,
    (array_agg(x.partition || '/' || x.sequence order by x.sequence desc) filter (where x.kind <> 'used'))[1] as place
from order_event x
where x.dealer = $5 and x.dated <= (select as_of from at) and {within("x", "credit")}
group by x.number
"""
ORDERS = f"{EVERY_ORDER} order by ordered_on desc nulls last, x.number desc limit 20"
VISITS = f"""{AT}
select x.* from visit x where x.dealer = $5 and x.visited_on <= (select as_of from at) and {within("x", "registry")}
order by x.visited_on desc, x.sequence desc limit 5
"""
SURVEY = f"""{AT}
select x.* from survey_answer x
where x.dealer = $5 and x.surveyed_on <= (select as_of from at) and {within("x", "registry")}
order by x.surveyed_on desc, x.sequence desc limit 1
"""
AGEING_LIMITS = f"""{AT}
select p.content -> 'ageing' -> 'limits' from policy p
where p.kind = 'credit' and p.effective_from <= (select as_of from at) and {within("p", "credit")}
order by p.effective_from desc, p.version desc limit 1
"""
PARKED = """
select distinct k.source, k.stream from projection.parked k
join projection.generation g on k.reader = g.schema where split_part(k.stream, '/', 1) = $1
"""
DEFAULT_LIMITS = (0, 30, 60, 90, 120)
"""Upper ends in days of the ageing columns, until a policy is published (domain.md 2.2)."""


@dataclass(frozen=True)
class Money:
    """What a dealer owes: columns that add up to the balance, and the items behind them."""

    receivables: Receivables
    columns: list[Column]
    overdue: Decimal
    days_sales_outstanding: Decimal | None
    places: dict[str, str]
    """Event id → its position, for every entry of the ledger."""

    @property
    def balance(self) -> Decimal:
        """What the columns add up to."""
        return self.receivables.balance


@dataclass(frozen=True)
class Dealer:
    """Everything on a dealer's page but its timeline; rows as the database gave them, JSON columns read."""

    row: DealerRow
    card: dict[str, Any]
    grade: dict[str, Any] | None
    limit: dict[str, Any] | None
    override: dict[str, Any] | None
    group: OwnerGroup | None
    abc: dict[str, Any] | None
    money: Money
    orders: list[dict[str, Any]]
    visits: list[dict[str, Any]]
    survey: dict[str, Any] | None
    parked: list[str]


async def dealer_of(conn: Any, pool: Any, at: Standpoint, memory: LedgerMemory, dealer: UUID) -> Dealer | None:
    """The dealer as it was then, as known then; None where there was none in the caller's scope."""
    rows = await complete(conn, at, memory, await dealer_rows(conn, at, memory, dealer))
    if not rows:
        return None
    (row,) = rows
    asked = (*at.parameters, dealer)
    return Dealer(
        row=row,
        card=await _card(conn, asked),
        grade=read_json(await conn.fetchrow(GRADE, *asked)),
        limit=read_json(await conn.fetchrow(LIMIT, *asked)),
        override=read_json(await conn.fetchrow(OVERRIDE, *asked)),
        group=await group_of(conn, at, dealer),
        abc=await _class(conn, asked, row),
        money=await money_of(conn, at, dealer),
        orders=[order for each in await conn.fetch(ORDERS, *asked) if (order := read_json(each))],
        visits=[visit for each in await conn.fetch(VISITS, *asked) if (visit := read_json(each))],
        survey=read_json(await conn.fetchrow(SURVEY, *asked)),
        parked=[f"{each['source']}:{each['stream']}" for each in await pool.fetch(PARKED, str(dealer))],
    )


async def money_of(conn: Any, at: Standpoint, dealer: UUID) -> Money:
    """Receivables and ageing under the policy in force."""
    said = await conn.fetchval(AGEING_LIMITS, *at.parameters)
    rows = await rows_of(conn, at, [dealer])
    owed = receivables(by_dealer(rows).get(dealer, []), at.as_of)
    return Money(
        receivables=owed,
        columns=ageing(owed, json.loads(said) if said else DEFAULT_LIMITS),
        overdue=overdue_beyond(owed, 0),
        days_sales_outstanding=days_sales_outstanding(owed),
        places={str(row["event"]): f"{row['source']}/{row['partition']}/{row['sequence']}" for row in rows},
    )


async def _card(conn: Any, asked: tuple[Any, ...]) -> dict[str, Any]:
    card = read_json(await conn.fetchrow(CARD, *asked)) or {}
    card |= dict(await conn.fetchrow(TERMS, *asked) or {})
    revised: dict[str, Any] = {}
    for each in await conn.fetch(REVISIONS, *asked):
        revised |= json.loads(each["fields"])
        card["revised_at"] = f"{each['source']}/{each['partition']}/{each['sequence']}"
    return card | {"revised": revised} | ({"name": revised["name"]} if revised.get("name") else {})


async def _class(conn: Any, asked: tuple[Any, ...], row: DealerRow) -> dict[str, Any] | None:
    if row.abc_event is None:
        return None
    _, partition, sequence = row.abc_event.split("/")
    return read_json(await conn.fetchrow(ABC, *asked, int(partition), int(sequence)))


JSON_COLUMNS = frozenset(
    {
        "ageing",
        "causes",
        "checked",
        "diligence",
        "cut",
        "fallen",
        "indicators",
        "indicators_now",
        "indicators_then",
        "limited",
        "overrides",
        "participants",
        "policy",
        "reasons",
        "references",
        "survey",
    }
)


def read_json(row: Any) -> dict[str, Any] | None:
    """A row with its JSON columns as values, and its position under `position`."""
    if row is None:
        return None
    values = {
        name: json.loads(value) if name in JSON_COLUMNS and isinstance(value, str) else value
        for name, value in row.items()
    }
    if "sequence" in values:
        values["position"] = f"{values['source']}/{values['partition']}/{values['sequence']}"
    return values
