"""Statements of a dealer, and one whole: its lines are read from our own ledger at the statement's own cut."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from eventlog.position import cut_from_json
from reporting.reading.dealer import read_json
from reporting.reading.ledger import rows_of
from reporting.reading.standpoint import AT, Standpoint, within
from rules.ageing import Column
from rules.ledger_rows import by_dealer
from rules.statement import Line, digest, statement

LATEST = 36
"""Statements that a dealer's list shows."""
LIST = f"""{AT}
select s.*, coalesce(p.step, 'issued') as stage, p.dated as stage_on
from statement s
left join lateral (
    select t.step, t.dated from statement_step t
    where t.statement = s.statement and {within("t", "credit")} order by t.sequence desc limit 1
) as p on true
where s.dealer = $5 and ($6::uuid is null or s.statement = $6) and (select as_of from at) is not null
    and {within("s", "credit")}
order by s.last_day desc, s.sequence desc limit {LATEST}
"""
STEPS = f"""{AT}
select t.* from statement_step t
where t.statement = $5 and (select as_of from at) is not null and {within("t", "credit")} order by t.sequence
"""
NAME = "select code, name from onboarding where dealer = $1"


@dataclass(frozen=True)
class PrintedLine:
    """A line with the balance after it and the place of its event."""

    line: Line
    balance: Decimal
    position: str


@dataclass(frozen=True)
class Printed:
    """A statement with everything that its paper shows; `same`: its lines are those that its digest was made of."""

    said: dict[str, Any]
    code: str
    name: str
    lines: list[PrintedLine]
    ageing: list[Column]
    steps: list[dict[str, Any]]
    at: Standpoint
    same: bool


async def statements_of(conn: Any, at: Standpoint, dealer: UUID) -> list[dict[str, Any]]:
    """The latest statements of a dealer, each with its stage, as known at the cut."""
    return [said for row in await conn.fetch(LIST, *at.parameters, dealer, None) if (said := read_json(row))]


async def printed(conn: Any, at: Standpoint, dealer: UUID, wanted: UUID) -> Printed | None:
    """One statement; its steps are those known from where one looks, its lines those known at its own cut."""
    said = read_json(await conn.fetchrow(LIST, *at.parameters, dealer, wanted))
    if said is None:
        return None
    name = await conn.fetchrow(NAME, dealer)
    first, last = said["first_day"], said["last_day"]
    then = replace(at, as_of=last, cut=cut_from_json(said["cut"]), pinned=True)
    rows = await rows_of(conn, then, [dealer])
    lines = statement(by_dealer(rows).get(dealer, []), first, last)
    places = {str(row["event"]): f"{row['source']}/{row['partition']}/{row['sequence']}" for row in rows}
    balance, shown = lines.opening_balance, []
    for line in lines.lines:
        balance += line.amount
        shown.append(PrintedLine(line, balance, places[line.entry]))
    steps = [step for row in await conn.fetch(STEPS, *at.parameters, wanted) if (step := read_json(row))]
    figures = (lines.opening_balance, lines.closing_balance, digest(lines.lines))
    return Printed(
        said=said,
        code=name["code"],
        name=name["name"],
        lines=shown,
        ageing=_columns(said["ageing"]),
        steps=steps,
        at=then,
        same=figures == (said["opening_balance"], said["closing_balance"], said["digest"]),
    )


def _columns(said: Any) -> list[Column]:
    columns = json.loads(said) if isinstance(said, str) else said
    return [Column(each["name"], Decimal(each["amount"])) for each in columns]
