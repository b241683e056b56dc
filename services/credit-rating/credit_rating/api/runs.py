"""Rating runs: started by the marketing director of a region, carried on by the worker, current once complete."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel

from credit_rating.closed import Closed
from credit_rating.domain.rating_run import RATING_RUN, Authoriser, RatingRun, StartRun
from credit_rating.published_policies import in_force
from credit_rating.snapshot import company_snapshot, positions
from eventlog.position import cut_to_json
from events.decider import Refused
from events.fields import Code, Day
from events.types.shapes import PolicyRef
from service.context import Read, Write
from service.listing import Asked, Listing, at_least, at_most, equals
from service.paging import Page
from service.problems import Problem
from service.routing import Router
from service.scope import require_place_in_scope

router = Router("rating runs")
COLUMNS = "run, region, as_of, cut, policy, authorised_by, completed, rated, left_out, digest"
ONE = f"select {COLUMNS} from run where run = $1 and ($2::text is null or region = $2)"
ROWS = f"""
select {COLUMNS}, case when completed then 'completed' else 'started' end as state
from run where $1::text is null or region = $1
"""
GRADED = "select count(*) from grade where run = $1"
EXCLUDED_ROWS = "select dealer, reason from run_exclusion where run = $1"


class StartRatingRun(Closed):
    """Rate the dealers of a region at the end of `as_of` (today unless given)."""

    region: Code
    as_of: Day | None = None


class StartedView(BaseModel):
    """A run that has begun; ask for it by its id."""

    run: UUID
    region: str
    as_of: date
    policy: PolicyRef
    cut: dict[str, dict[str, int]]
    authorised_by: str
    state: str = "started"


class ExcludedView(BaseModel):
    """A dealer that the run left out, and why."""

    dealer: UUID
    reason: str


EXCLUDED = Listing(
    EXCLUDED_ROWS,
    ExcludedView,
    key=("dealer",),
    sorts=("dealer", "reason"),
    default="dealer",
    filters={"reason": equals("reason")},
)


class RunView(StartedView):
    """A run: `graded` so far; `rated`, `left_out` and the `digest` of its list of grades once it is complete."""

    graded: int
    rated: int | None
    left_out: int | None
    digest: str | None


class RunRow(BaseModel):
    """A run in a list."""

    run: UUID
    region: str
    as_of: date
    authorised_by: str
    state: str
    rated: int | None


RUNS = Listing(
    ROWS,
    RunRow,
    key=("run",),
    sorts=("as_of", "region", "rated", "authorised_by"),
    nullable=("rated",),
    default="-as_of",
    filters={
        "region": equals("region"),
        "state": equals("state", Literal["started", "completed"]),
        "as_of_from": at_least("as_of", Day),
        "as_of_to": at_most("as_of", Day),
    },
)


@router.post("/rating-runs", permission="run.start", answers=StartedView, status=202)
async def start_run(body: StartRatingRun, write: Write) -> Response:
    """Start a rating run: its cut is what this service knows now; answered before the dealers are rated."""
    require_place_in_scope(write.caller, region=body.region)
    as_of = body.as_of or write.today
    if as_of > write.today:
        raise Refused("future-date", f"A run cannot be as of {as_of}, after today.")
    run = write.command("run")
    by = Authoriser(login=write.caller.login, role=write.caller.role, region=write.caller.code)

    async def with_cut(_: RatingRun) -> StartRun:
        async with company_snapshot(write.runtime.pool) as conn:
            cut, policy = await positions(conn), await in_force(conn, as_of)
        return StartRun(
            region=body.region, as_of=as_of, cut=cut_to_json(cut), policy=policy.reference, authorised_by=by
        )

    written = await write.handle(RATING_RUN, f"run-{run}", None, prepare=with_cut)
    view = StartedView(run=run, **written.events[0].model_dump())
    return write.answer(written, view, location=f"/rating-runs/{run}")


@router.get("/rating-runs/{run}", permission="run.read", answers=RunView)
async def read_run(run: UUID, read: Read) -> RunView:
    """How far a run is, and what it came to."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, run, _region_of(read))
        if row is None:
            raise Problem("not-found", "There is no such run in your scope.", retryable=True)
        graded = await conn.fetchval(GRADED, run)
    return RunView.model_validate(_row(row) | {"graded": graded})


@router.get("/rating-runs/{run}/excluded", permission="run.read", answers=Page[ExcludedView])
async def list_excluded(run: UUID, read: Read, asked: Annotated[Asked, Depends(EXCLUDED.asked)]) -> Page[ExcludedView]:
    """The dealers of the caller's scope that a run left out so far, by id."""
    async with read.snapshot() as conn:
        if await conn.fetchrow(ONE, run, _region_of(read)) is None:
            raise Problem("not-found", "There is no such run in your scope.", retryable=True)
        rows = await asked.rows(conn, run)
    return asked.page(rows, ExcludedView)


@router.get("/rating-runs", permission="run.read", answers=Page[RunRow])
async def list_runs(read: Read, asked: Annotated[Asked, Depends(RUNS.asked)]) -> Page[RunRow]:
    """Runs in the caller's scope, the latest first."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, _region_of(read))
    return asked.page([_row(row) for row in rows], RunRow)


def _region_of(read: Read) -> str | None:
    """The region that the caller is bound to; None for the whole company. Nobody below a region reads runs."""
    return read.caller.code


def _row(row: Any) -> dict[str, Any]:
    return dict(row) | {
        "state": "completed" if row["completed"] else "started",
        "cut": json.loads(row["cut"]),
        "policy": json.loads(row["policy"]),
    }
