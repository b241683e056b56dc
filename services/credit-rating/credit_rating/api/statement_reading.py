"""Statements of account as they are read: lists, one with its steps, its lines at its cut, its rederivation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from credit_rating.api.figures import AgeColumn
from credit_rating.api.grades import DifferenceView
from credit_rating.api.money import Money
from credit_rating.domain.statement import STATEMENTS
from credit_rating.stating import issued_in_log, lines_at_cut, rederive_statement
from events.fields import Day
from events.types.shapes import PolicyRef
from rules.statement import Line, Statement
from service.context import Read
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("statements of account")
LATEST_FIRST, BY_PLACE = Keyset("last_day", "statement", descending=True), Keyset("n")
COLUMNS = """s.statement, s.dealer, d.code, d.name, s.event, s.purpose, s.addressed_to, s.first_day, s.last_day,
    s.currency, s.opening_balance, s.closing_balance, s.lines, s.totals, s.digest, s.ageing, s.policy, s.cut,
    s.issued_by, s.stage, s.stage_on, s.said, s.their_balance, s.signed_copy"""
LIST = f"""
select * from (select {COLUMNS} from statement s left join dealer d using (dealer)) as s
where ($1::uuid is null or dealer = $1) and ($2::text is null or stage = $2) and ($3::text is null or purpose = $3)
    and ($4::date is null or last_day = $4) and {{after}} {{order}} limit {{limit}}
"""
ONE = f"select {COLUMNS} from statement s left join dealer d using (dealer) where s.statement = $1"
STEPS = """
select event, step, dated, by, party, how, said, balance, difference, signed_copy, recorded_at
from statement_step where statement = $1 order by sequence limit 200
"""
Stage = Literal["issued", "sent", "confirmed", "differing", "settled", "withdrawn"]


class TotalView(BaseModel):
    """The lines of one kind: how many, and what they change the balance by."""

    kind: str
    lines: int
    amount: Money


class StatementRow(BaseModel):
    """A statement, or (`purpose` audit) a confirmation letter, as it was issued, and its stage since `stage_on`."""

    statement: UUID
    dealer: UUID
    code: str | None
    name: str | None
    purpose: str
    addressed_to: str | None
    first_day: date
    last_day: date
    currency: str
    opening_balance: Money
    closing_balance: Money
    stage: str
    stage_on: date
    their_balance: Money | None
    signed_copy: str | None
    issued_by: str


class StatementStep(BaseModel):
    """One step: who, on which day, to or by whom, with the balance that it is about."""

    event: UUID
    step: str
    dated: date
    by: str
    party: str | None
    how: str | None
    said: str | None
    balance: Money | None
    difference: Money | None
    signed_copy: str | None
    recorded_at: datetime


class StatementView(StatementRow):
    """A statement whole but for its lines, which `digest` is of."""

    event: UUID
    lines: int
    totals: list[TotalView]
    digest: str
    ageing: list[AgeColumn]
    policy: PolicyRef
    cut: dict[str, dict[str, int]]
    steps: list[StatementStep]


class LineView(BaseModel):
    """A document on a statement: what it changes the balance by, and the balance after it."""

    n: int
    on: date
    kind: str
    number: str
    source: str
    amount: Money
    due_on: date | None
    balance: Money
    entry: UUID


class LinesPage(Page[LineView]):
    """A page of lines: `opening_balance` + all lines = `closing_balance`."""

    opening_balance: Money
    closing_balance: Money


class StatementRederivation(BaseModel):
    """A statement drawn up once more from what is known at its cut."""

    statement: UUID
    equal: bool
    differences: list[DifferenceView]


@router.get("/statements", permission="statement.read", answers=Page[StatementRow])
async def list_statements(
    read: Read,
    page: PageOf,
    stage: Annotated[Stage | None, Query(description="only those that stand there")] = None,
    purpose: Annotated[Literal["monthly", "audit"] | None, Query()] = None,
    last_day: Annotated[Day | None, Query(description="only those of that last day")] = None,
) -> Page[StatementRow]:
    """The statements of every dealer in scope, the latest first."""
    query = LIST.format(after=LATEST_FIRST.after(page, 5), order=LATEST_FIRST.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, None, stage, purpose, last_day, *LATEST_FIRST.values(page))
    return page.of(rows, LATEST_FIRST, StatementRow)


@router.get("/dealers/{dealer}/statements", permission="statement.read", answers=Page[StatementRow])
async def list_of_dealer(dealer: UUID, read: Read, page: PageOf) -> Page[StatementRow]:
    """The statements of one dealer, the latest first; the ETag is what issuing or any step of one names."""
    query = LIST.format(after=LATEST_FIRST.after(page, 5), order=LATEST_FIRST.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await conn.fetch(query, dealer, None, None, None, *LATEST_FIRST.values(page))
    await _etag(read, dealer)
    return page.of(rows, LATEST_FIRST, StatementRow)


@router.get("/statements/{statement}", permission="statement.read", answers=StatementView)
async def read_statement(statement: UUID, read: Read) -> StatementView:
    """One statement with its steps; its ETag is that of all the dealer's statements, which a step names."""
    async with read.snapshot() as conn:
        row = await _row(conn, statement)
        steps = await conn.fetch(STEPS, statement)
    await _etag(read, row["dealer"])
    whole = dict(row) | {name: json.loads(row[name]) for name in ("totals", "ageing", "policy", "cut")}
    return StatementView.model_validate(whole | {"steps": [dict(each) for each in steps]})


@router.get("/statements/{statement}/lines", permission="statement.read", answers=LinesPage)
async def read_lines(statement: UUID, read: Read, page: PageOf) -> LinesPage:
    """The lines of a statement, read again at its cut: for ever the same, whatever came since."""
    async with read.snapshot() as conn:
        row = await _row(conn, statement)
        issued = await issued_in_log(read.runtime.log, row["dealer"], row["event"])
        if issued is None:
            raise Problem("not-found", "The log does not have this statement: have it rederived.")
        stated = await lines_at_cut(conn, row["dealer"], issued)
    after = int(page.keys[0]) if page.keys else 0
    listed = page.of(_numbered(stated, after, page.limit + 1), BY_PLACE, LineView)
    return LinesPage(
        items=listed.items, next=listed.next, opening_balance=stated.opening_balance,
        closing_balance=stated.closing_balance,
    )  # fmt: skip


@router.get("/statements/{statement}/rederivation", permission="statement.rederive", answers=StatementRederivation)
async def rederive(statement: UUID, read: Read) -> StatementRederivation:
    """Draw the statement up once more from the ledger within its cut and compare every byte, the lines' digest too."""
    async with read.snapshot() as conn:
        row = await _row(conn, statement)
    found = await rederive_statement(read.runtime.log, row["dealer"], row["event"])
    differences = [DifferenceView(**each._asdict()) for each in found]
    return StatementRederivation(statement=statement, equal=not found, differences=differences)


def _numbered(stated: Statement, after: int, count: int) -> list[dict[str, Any]]:
    """The lines behind the first `after`, at most so many, each with the balance after it."""
    balance = stated.opening_balance + sum(line.amount for line in stated.lines[:after])
    rows = []
    for n, line in enumerate(stated.lines[after : after + count], start=after + 1):
        balance += line.amount
        rows.append(_line(n, line) | {"balance": balance})
    return rows


def _line(n: int, line: Line) -> dict[str, Any]:
    return {"n": n, **line._asdict()}


async def _row(conn: Any, statement: UUID) -> Mapping[str, Any]:
    row: Mapping[str, Any] | None = await conn.fetchrow(ONE, statement)
    if row is None:
        raise Problem("not-found", "There is no such statement in your scope.", retryable=True)
    return row


async def _etag(read: Any, dealer: UUID) -> None:
    _, version = await read.runtime.log.state(STATEMENTS, str(dealer))
    read.etag(version)
