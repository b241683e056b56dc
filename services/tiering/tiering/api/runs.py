"""Classification runs: started by the head of marketing at one cut, executed by a worker, current once complete."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from eventlog.position import cut_to_json
from rules.policy import reference
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from tiering.domain.classification_run import CLASSIFICATION_RUN, Run, StartRun, key
from tiering.domain.policy import SalesMeasure, TieringPolicy
from tiering.published_policies import policy_in_force
from tiering.snapshot import company_snapshot, positions, refuse_parked

router = Router("classification")
LATEST_FIRST = Keyset("started_on", "run", descending=True)
COLUMNS = """
r.run, r.run as id, r.coverage as scope, r.measure, r.window_from, r.window_to, r.policy, r.cut, r.authorised_by,
r.started_on, r.classified, r.digest, c.recorded_at as completed_at,
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
    window_from: date
    window_to: date
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


class RunRow(RunView):
    """A run as the read model has it."""

    started_on: date
    completed_at: datetime | None
    classified: int | None
    digest: str | None


@router.post("/classification-runs", permission="class.assign", answers=RunView,
             problems=("no-policy", "cut-empty", "window-reversed", "window-in-future"))  # fmt: skip
async def start_run(body: RunGiven, write: Write) -> Response:
    """Classify the company's dealers by what is known now; a worker writes the classes."""
    run = str(write.command())

    async def prepare(_: Run) -> StartRun:
        published = await policy_in_force(write.runtime.log, body.window_to)
        policy = TieringPolicy.read(published.content)
        async with company_snapshot(write.runtime.pool) as conn:
            await refuse_parked(conn)
            cut = cut_to_json(await positions(conn))
        return StartRun(
            run=run,
            measure=body.measure or policy.abc.measure,
            window_from=body.window_from,
            window_to=body.window_to,
            cut=cut,
            policy=reference(published.content),
            authorised_by=write.caller.login,
            today=write.today,
        )

    written = await write.handle(CLASSIFICATION_RUN, key(run), body, expected=0, prepare=prepare)
    return write.answer(written, view_of(run, written.state), location=f"/classification-runs/{run}")


def view_of(run: str, state: Run) -> RunView:
    """A run as its stream says it."""
    started = {name: value for name, value in state.started.items() if name in RunView.model_fields}
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


def decoded(row: Any) -> dict[str, Any]:
    """A row of runs with its JSON read."""
    return dict(row) | {"policy": json.loads(row["policy"]), "cut": json.loads(row["cut"])}
