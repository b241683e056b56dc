"""Statements of account as they are read: lists, one with its steps, its lines at its cut, its rederivation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends
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
from service.listing import Asked, Listing, at_least, at_most, equals
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("statements of account")
BY_PLACE = Keyset("n")
COLUMNS = """s.statement, s.dealer, d.code, d.name, s.event, s.purpose, s.addressed_to, s.first_day, s.last_day,
    s.currency, s.opening_balance, s.closing_balance, s.lines, s.totals, s.digest, s.ageing, s.policy, s.cut,
    s.issued_by, s.stage, s.stage_on, s.said, s.their_balance, s.signed_copy"""
ROWS = f"""
select {COLUMNS}, p.territory, p.branch, p.region
from statement s left join dealer d using (dealer) left join dealer_scope p using (dealer)
where ($1::uuid is null or s.dealer = $1)
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


STATEMENTS_LISTED = Listing(
    ROWS,
    StatementRow,
    key=("statement",),
    sorts=("last_day", "first_day", "code", "stage", "stage_on", "closing_balance", "purpose"),
    nullable=("code",),
    default="-last_day",
    filters={
        "stage": equals("stage", Stage),
        "purpose": equals("purpose", Literal["monthly", "audit"]),
        "last_day": equals("last_day", Day),
        "last_day_from": at_least("last_day", Day),
        "last_day_to": at_most("last_day", Day),
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
    },
)
Listed = Annotated[Asked, Depends(STATEMENTS_LISTED.asked)]


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
async def list_statements(read: Read, asked: Listed) -> Page[StatementRow]:
    """The statements of every dealer in scope, the latest first."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, None)
    return asked.page(rows, StatementRow)


@router.get("/dealers/{dealer}/statements", permission="statement.read", answers=Page[StatementRow])
async def list_of_dealer(dealer: UUID, read: Read, asked: Listed) -> Page[StatementRow]:
    """The statements of one dealer, the latest first; the ETag is what issuing or any step of one names."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await asked.rows(conn, dealer)
        await read.shows(conn, STATEMENTS, str(dealer))
    return asked.page(rows, StatementRow)


@router.get("/statements/{statement}", permission="statement.read", answers=StatementView)
async def read_statement(statement: UUID, read: Read) -> StatementView:
    """One statement with its steps; its ETag is that of all the dealer's statements, which a step names."""
    async with read.snapshot() as conn:
        row = await _row(conn, statement)
        steps = await conn.fetch(STEPS, statement)
        await read.shows(conn, STATEMENTS, str(row["dealer"]))
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
