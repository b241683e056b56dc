"""What a decision was taken under, read back from the log: a run as it was started, or an approved proposal."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from credit_rating.domain.indicators import Override
from eventlog.log import Log
from eventlog.reading import LogRow, event_of
from events import CreditGradeApproved, CreditGradeProposed, PolicyRef, RatingRunStarted


class Start(NamedTuple):
    """The day, cut, policy and approver of a decision; a proposal's overrides, a run's region."""

    as_of: date
    cut: dict[str, dict[str, int]]
    policy: PolicyRef
    approved_by: str
    overrides: tuple[Override, ...] = ()
    region: str | None = None


async def start_of(log: Log, run: str, stream: str = "", version: int = 0) -> Start | None:
    """What a run was started with; without such a run, the proposal behind the decision at a version of a stream.

    None: there is neither, so nobody authorised the decision.
    """
    rows = await run_rows(log, run)
    started = event_of(rows[0].document) if rows else None
    if isinstance(started, RatingRunStarted):
        return Start(started.as_of, started.cut, started.policy, started.authorised_by, region=started.region)
    return await _proposed(log, run, stream, version) if version > 1 else None


async def run_rows(log: Log, run: str) -> list[LogRow]:
    """The stream of a run."""
    return await log.read_stream(f"run-{run}/run")


async def _proposed(log: Log, run: str, stream: str, version: int) -> Start | None:
    """The proposal that was approved right before a decision."""
    before = [event_of(row.document) for row in await log.read_stream(stream, up_to=version - 1)]
    approved = before[-1]
    proposals = [each for each in before if isinstance(each, CreditGradeProposed) and each.proposal == run]
    if not proposals or not isinstance(approved, CreditGradeApproved) or approved.proposal != run:
        return None
    said = proposals[-1]
    overrides = tuple(Override(each.indicator, each.given, each.reason) for each in said.overrides)
    return Start(said.as_of, said.cut, said.policy, approved.by, overrides)
