"""Classification runs: started by the head of marketing at one cut, executed by a worker, current once complete."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from eventlog.position import cut_to_json
from events.fields import Day
from events.types.shapes import Excluded
from rules.policy import reference
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from tiering.domain.classification_run import CLASSIFICATION_RUN, Run, StartRun, key
from tiering.domain.policy import SalesMeasure, TieringPolicy
from tiering.published_policies import policy_in_force
from tiering.snapshot import company_snapshot, parked_dealers, positions

router = Router("classification")
PARKED = "stream-parked"
BY_DEALER = Keyset("dealer")
EXCLUDED = "select dealer, reason from run_exclusion where run = $1 and {after} {order} limit {limit}"
LATEST_FIRST = Keyset("started_on", "run", descending=True)
COLUMNS = """
r.run, r.run as id, r.coverage as scope, r.measure, r.window_from, r.window_to, r.policy, r.cut, r.authorised_by,
r.started_on, r.left_out, r.classified, r.digest, c.recorded_at as completed_at,
case when c.run is null then 'started' else 'completed' end as state
"""
LIST = f"""
select * from (select {COLUMNS} from run r left join run_completion c using (run) where r.measure is not null) as listed
where {{after}} {{order}} limit {{limit}}
"""
ONE = f"select {COLUMNS} from run r left join run_completion c using (run) where r.run = $1"


class RunGiven(BaseModel):
    """The window, both days inside; the measure is the policy's unless it is given."""

    model_config = ConfigDict(extra="forbid")
    window_from: Day
    window_to: Day
    measure: SalesMeasure | None = None


class RunView(BaseModel):
    """A run: what it rests on, and once it is complete how many it classified, with the digest of the ranked list."""

    id: UUID
    state: Literal["started", "completed"]
    scope: str
    measure: str
    window_from: date
    window_to: date
    policy: dict[str, Any]
    cut: dict[str, dict[str, int]]
    authorised_by: str
    left_out: int


class RunRow(RunView):
    """A run as the read model has it."""

    started_on: date
    completed_at: datetime | None
    classified: int | None
    digest: str | None


class ExcludedView(BaseModel):
    """A dealer that a run left out, and why."""

    dealer: UUID
    reason: str


@router.post("/classification-runs", permission="class.assign", answers=RunView,
             problems=("no-policy", "cut-empty", "window-reversed", "window-in-future"))  # fmt: skip
async def start_run(body: RunGiven, write: Write) -> Response:
    """Classify the company's dealers by what is known now; a worker writes the classes."""
    run = str(write.command())

    async def prepare(_: Run) -> StartRun:
        published = await policy_in_force(write.runtime.log, body.window_to)
        policy = TieringPolicy.read(published.content)
        async with company_snapshot(write.runtime.pool) as conn:
            left_out = await parked_dealers(conn)
            cut = cut_to_json(await positions(conn))
        return StartRun(
            run=run,
            measure=body.measure or policy.abc.measure,
            window_from=body.window_from,
            window_to=body.window_to,
            cut=cut,
            policy=reference(published.content),
            authorised_by=write.caller.login,
            excluded=tuple(Excluded(dealer=dealer, reason=PARKED) for dealer in left_out),
            today=write.today,
        )

    written = await write.handle(CLASSIFICATION_RUN, key(run), body, expected=0, prepare=prepare)
    return write.answer(written, view_of(run, written.state), location=f"/classification-runs/{run}")


def view_of(run: str, state: Run) -> RunView:
    """A run as its stream says it."""
    started = {name: value for name, value in state.started.items() if name in RunView.model_fields}
    started["left_out"] = len(state.started.get("excluded", ()))
    return RunView(id=UUID(run), state="completed" if state.stage == "completed" else "started", **started)


@router.get("/classification-runs", permission="class.read", answers=Page[RunRow])
async def list_runs(read: Read, page: PageOf) -> Page[RunRow]:
    """Runs, the latest first."""
    query = LIST.format(after=LATEST_FIRST.after(page, 1), order=LATEST_FIRST.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, *LATEST_FIRST.values(page))
    return page.of([decoded(row) for row in rows], LATEST_FIRST, RunRow)


@router.get("/classification-runs/{run}", permission="class.read", answers=RunRow)
async def read_run(run: UUID, read: Read) -> RunRow:
    """One run: `started` until every dealer has its class, then `completed`."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, run)
    if row is None or row["measure"] is None:
        raise Problem("not-found", f"There is no run {run}.", retryable=True)
    return RunRow.model_validate(decoded(row))


@router.get("/classification-runs/{run}/excluded", permission="class.read", answers=Page[ExcludedView])
async def list_excluded(run: UUID, read: Read, page: PageOf) -> Page[ExcludedView]:
    """The dealers of the caller's scope that a run left out, by id."""
    query = EXCLUDED.format(after=BY_DEALER.after(page, 2), order=BY_DEALER.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        if await conn.fetchrow(ONE, run) is None:
            raise Problem("not-found", f"There is no run {run}.", retryable=True)
        rows = await conn.fetch(query, run, *BY_DEALER.values(page))
    return page.of(rows, BY_DEALER, ExcludedView)


def decoded(row: Any) -> dict[str, Any]:
    """A row of runs with its JSON read."""
    return dict(row) | {"policy": json.loads(row["policy"]), "cut": json.loads(row["cut"])}
