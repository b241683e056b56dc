"""What if: a proposed policy run over every dealer in the caller's scope, without publishing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from credit_rating.api.money import Money
from credit_rating.domain.simulation import Changed, Move, Tally
from credit_rating.evidence import REGISTRY, bounds, within
from credit_rating.known_at import cut_known_at, token_of
from credit_rating.published_policies import POLICIES, InForce, shown_in_force
from credit_rating.simulating import Answer, Listed, Question, Share, judges, simulate
from credit_rating.snapshot import parked_keys
from eventlog.position import Cut, cut_to_json
from events.fields import Day
from events.types.shapes import PolicyRef
from rules.policy import reference
from service.context import Read
from service.paging import Keyset, Page, PageOf
from service.policy_documents import Document, content_of
from service.policy_drafts import draft_row
from service.problems import Problem
from service.routing import Router

router = Router("policies")
BY_CODE = Keyset("code", "dealer")
IN_SCOPE = f"""
select o.dealer, coalesce(d.code, '') as code, d.name
from onboarding o left join dealer d on d.dealer = o.dealer
where {within(1)} and ($2::text is null or (coalesce(d.code, '') collate "C", o.dealer) > ($2, $3::uuid))
order by coalesce(d.code, '') collate "C", o.dealer
"""
HOW_MANY = f"select count(*) from onboarding where {within(1)}"
GradeNumber = Annotated[int, Field(ge=1, le=5)]


class Simulate(Document):
    """A policy document or a draft of one, the day and the cut to try it at (today, now), and which movers to list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"content": {"name": "credit", "version": 2, "…": "…"}, "as_of": "2026-06-30", "limits": True}]
        }
    )

    draft: UUID | None = None
    as_of: Day | None = None
    known_at: Annotated[str, Field(max_length=4000)] | None = None
    limits: Annotated[bool, Field(description="list also dealers whose limit alone changes")] = False
    now: Annotated[GradeNumber | None, Field(description="list only dealers of this grade now")] = None
    then: Annotated[GradeNumber | None, Field(description="list only dealers of this grade then")] = None


class Cell(BaseModel):
    """A cell of the matrix: so many dealers of grade `now` would have grade `then`; null: none can be given."""

    now: int | None
    then: int | None
    dealers: int


class ChangedLimits(BaseModel):
    """How many limits change in one direction, and by how much together."""

    dealers: int
    amount: Money


class LimitsView(BaseModel):
    """The sum of all limits under both policies; overrides are left out of account."""

    now: Money
    then: Money
    raised: ChangedLimits
    lowered: ChangedLimits


class CappedView(BaseModel):
    """The 5C total that keeps a grade from being `computed`, for the policy asks for `below` at least."""

    total: str
    below: str
    computed: int


class SideView(BaseModel):
    """What one policy gives a dealer: grade, row and column of the table, 5C cap, limit; or why there is no grade.

    `by_formula`: what the limit would be if due diligence did not hold it down.
    """

    grade: int | None
    rule: str | None
    cap: CappedView | None
    by_formula: Money | None = None
    limit: Money | None
    left_out: str | None


class IndicatorChangeView(BaseModel):
    """An indicator that falls into another class, and its figure."""

    indicator: str
    now: str
    then: str
    value: str | None


class Mover(BaseModel):
    """A dealer whose grade or limit changes.

    With no indicator named and no cap of one side only, the table or the limit's factors are why.
    """

    dealer: UUID
    code: str
    name: str | None
    now: SideView
    then: SideView
    indicators: list[IndicatorChangeView]


class LeftOut(BaseModel):
    """A dealer that neither policy can grade, and why."""

    dealer: UUID
    code: str
    name: str | None
    reason: str


class TotalsView(BaseModel):
    """The matrix grade now → grade then over every dealer in the caller's scope, and what their limits come to.

    How many of the grades that are in force differ from what that policy gives today says `not_as_in_force`: reviews
    are quarterly.
    """

    dealers: int
    matrix: list[Cell]
    moved: int
    not_as_in_force: int
    limits: LimitsView
    left_out: dict[str, int]
    left_out_dealers: list[LeftOut]


class SimulationView(Page[Mover]):
    """Totals, on the first page only, and movers page by page, by code.

    Both sides are computed from the same facts at the same cut; `now` is the policy in force on the day.
    """

    as_of: date
    known_at: str
    cut: dict[str, dict[str, int]]
    currency: str
    now: PolicyRef
    then: PolicyRef
    totals: TotalsView | None


@router.ask("/policies/simulations", permission="policy.simulate", answers=SimulationView,
            problems=("policy-invalid", "policy-misnamed", "no-policy"))  # fmt: skip
async def simulate_policy(body: Simulate, read: Read, page: PageOf) -> SimulationView:
    """Run a policy over all dealers in scope, at any date as known at any cut. It publishes and keeps nothing.

    A further page of movers is asked for with the same body, `known_at` from the first answer included: no totals are
    made again, and dealers are worked through from the cursor on until the page is full.
    """
    content = await _proposed(body, read)
    day, cut = body.as_of or read.today, await cut_known_at(read.runtime, body.known_at)
    async with read.snapshot() as conn:
        now = await shown_in_force(conn, day)
        many = await conn.fetchval(HOW_MANY, bounds(cut, REGISTRY)) if page.keys is None else 0
    async with judges(many) as started:
        async with read.snapshot() as conn:
            rows = await conn.fetch(IN_SCOPE, bounds(cut, REGISTRY), *(page.keys or (None, None)))
        keys = await parked_keys(read.runtime.pool)
        parked = {row["dealer"] for row in rows if str(row["dealer"]) in keys} if keys else set()
        listed = Listed(page.keys is None, body.limits, body.now, body.then, page.limit + 1)
        question = _question(read, now, content, day, cut, listed)
        dsn = read.runtime.settings.reader_database_url.get_secret_value()
        share = Share([row["dealer"] for row in rows], parked)
        answer = await simulate(read.runtime.reader, dsn, question, share, started)
    return _view(answer, rows, question, page, now=now.reference, currency=read.runtime.settings.currency)


async def _proposed(body: Simulate, read: Read) -> dict[str, Any]:
    if body.draft is None:
        return await content_of(POLICIES, body, read.request)
    if body.content is not None or body.text is not None:
        raise Problem("invalid", "Send a policy or name a draft, not both.")
    row = await draft_row(read, POLICIES.name, body.draft)
    content: dict[str, Any] = json.loads(row["content"])
    return content


def _question(read: Read, now: InForce, then: dict[str, Any], day: date, cut: Cut, listed: Listed) -> Question:
    by = read.caller
    return Question(
        login=by.login, role=by.role, reach=by.reach, code=by.code, as_of=day, listed=listed, then=then,
        cut={source: dict(parts) for source, parts in cut.items()},
        now=now.policy.model_dump(mode="json", by_alias=True, exclude_unset=True),
    )  # fmt: skip


def _view(
    answer: Answer, rows: list[Mapping[str, Any]], asked: Question, page: PageOf, *, now: PolicyRef, currency: str
) -> SimulationView:
    known = {str(row["dealer"]): row for row in rows}
    listed = page.of([_named(known, move.dealer) | _mover(move) for move in answer.moves], BY_CODE, Mover)
    return SimulationView(
        items=listed.items,
        next=listed.next,
        as_of=asked.as_of,
        known_at=token_of(asked.cut),
        cut=cut_to_json(asked.cut),
        currency=currency,
        now=now,
        then=reference(asked.then),
        totals=_totals(answer, known) if asked.listed.totals else None,
    )


def _totals(answer: Answer, known: Mapping[str, Mapping[str, Any]]) -> TotalsView:
    tally = answer.tally
    left_out = [_named(known, dealer) | {"reason": reason} for dealer, reason in answer.left_out]
    return TotalsView(
        dealers=len(known),
        matrix=_matrix(tally),
        moved=sum(dealers for (before, after), dealers in tally.matrix.items() if before != after),
        not_as_in_force=tally.not_as_in_force,
        limits=LimitsView(
            now=tally.limit_now, then=tally.limit_then, raised=_changed(tally.raised), lowered=_changed(tally.lowered)
        ),
        left_out=dict(sorted(tally.left_out.items())),
        left_out_dealers=[LeftOut.model_validate(each) for each in left_out],
    )


def _matrix(tally: Tally) -> list[Cell]:
    """The best grade first, no grade last."""
    cells = sorted(tally.matrix.items(), key=lambda cell: [grade or 6 for grade in cell[0]])
    return [Cell(now=now, then=then, dealers=dealers) for (now, then), dealers in cells]


def _changed(changed: Changed) -> ChangedLimits:
    return ChangedLimits(dealers=changed.dealers, amount=changed.amount)


def _named(known: Mapping[str, Mapping[str, Any]], dealer: str) -> dict[str, Any]:
    return dict(known[dealer])


def _mover(move: Move) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(move)
    return {name: said[name] for name in ("now", "then", "indicators")}
