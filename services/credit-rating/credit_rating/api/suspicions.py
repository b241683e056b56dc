"""Suspicious papers: reported by whoever sees the dealer, settled by another, cleared by the credit controller."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict

from credit_rating.closed import Closed
from credit_rating.domain.diligence import DILIGENCE, Diligence
from credit_rating.domain.suspicion import ClearSuspicion, ReportPaper, SettleSuspicion
from events.fields import Code, Hash, Said
from events.types.diligence import PaperKind
from service.context import Read, Write, WriteContext
from service.listing import Asked, Listing, equals
from service.paging import Page
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("suspicious papers")
PATH = "/dealers/{dealer}/suspicious-papers"
ROWS = """
select r.suspicion, r.dealer, d.code, d.name, r.paper, r.number, r.said as reason, r.file, r.dated as reported_on,
    r."by" as reported_by, l.step as stage, l.step in ('reported', 'confirmed') as blocks,
    case when l.step <> 'reported' then l."by" end as settled_by,
    case when l.step <> 'reported' then l.said end as settled_because,
    case when l.step <> 'reported' then l.dated end as settled_on, s.territory, s.branch, s.region
from suspicion_step r join dealer_scope s using (dealer) left join dealer d using (dealer)
cross join lateral (
    select x.step, x."by", x.said, x.dated from suspicion_step x
    where x.suspicion = r.suspicion and x.dealer = r.dealer order by x.sequence desc limit 1
) as l
where r.step = 'reported' and ($1::uuid is null or r.dealer = $1)
"""
Stage = Literal["reported", "confirmed", "dismissed", "cleared"]
SETTLED: dict[str, Any] = {"edits": True, "status": 200, "problems": ("suspicion-settled", "own-proposal")}


class Report(Closed):
    """Which paper, its number, why it looks forged or altered, and the SHA-256 of a file of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"paper": "business_licence", "number": "9133-0417", "reason": "The seal is a copy."}]
        }
    )

    paper: PaperKind
    number: Code
    reason: Said
    file: Hash | None = None


class Settle(Closed):
    """Whether the paper is not what it says, and on what ground."""

    outcome: Literal["confirmed", "dismissed"]
    reason: Said


class Clear(Closed):
    """Why it blocks no more."""

    reason: Said


class SuspicionView(BaseModel):
    """A report; `blocks` approvals while it is reported or confirmed. `settled_*` tell its last step."""

    suspicion: UUID
    dealer: UUID
    code: str | None
    name: str | None
    paper: PaperKind
    number: str
    reason: str
    file: str | None
    reported_on: date
    reported_by: str
    stage: Stage
    blocks: bool
    settled_by: str | None
    settled_because: str | None
    settled_on: date | None


class OpenView(BaseModel):
    """The report that was made or settled, and how many of the dealer's block approvals now."""

    suspicion: UUID
    blocking: int


SUSPICIONS = Listing(
    ROWS,
    SuspicionView,
    key=("suspicion",),
    sorts=("reported_on", "code", "name", "paper", "stage", "settled_on"),
    nullable=("code", "name", "settled_on"),
    default="-reported_on",
    filters={
        "stage": equals("stage", Stage),
        "blocks": equals("blocks", bool),
        "paper": equals("paper", PaperKind),
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
    },
)


@router.get("/suspicious-papers", permission="suspicion.read", answers=Page[SuspicionView])
async def list_suspicions(read: Read, asked: Annotated[Asked, Depends(SUSPICIONS.asked)]) -> Page[SuspicionView]:
    """Every report in the caller's scope, the latest first; `blocks=true`: those that block an approval."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, None)
    return asked.page(rows, SuspicionView)


@router.get(PATH, permission="suspicion.read", answers=Page[SuspicionView])
async def suspicions_of(
    dealer: UUID, read: Read, asked: Annotated[Asked, Depends(SUSPICIONS.asked)]
) -> Page[SuspicionView]:
    """A dealer's reports; the ETag is what each write names as If-Match, the same as of its due diligence."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        await read.shows(conn, DILIGENCE, str(dealer))
        rows = await asked.rows(conn, dealer)
    return asked.page(rows, SuspicionView)


@router.post(PATH, permission="suspicion.report", answers=OpenView, edits=True,
             problems=("suspicion-reported", "too-many-open"))  # fmt: skip
async def report_paper(dealer: UUID, body: Report, write: Write) -> Response:
    """Report a paper; until that is settled no due diligence and no credit review of the dealer is approved."""
    given = write.command("suspicion")
    command = ReportPaper(suspicion=str(given), **body.model_dump(), by=write.caller.login, today=write.today)
    return await _changed(write, dealer, given, command)


@router.post(f"{PATH}/{{suspicion}}/settlement", permission="suspicion.settle", answers=OpenView, **SETTLED)
async def settle_suspicion(dealer: UUID, suspicion: UUID, body: Settle, write: Write) -> Response:
    """Confirm or dismiss a report of somebody else's."""
    said = body.model_dump() | {"by": write.caller.login, "today": write.today}
    return await _changed(write, dealer, suspicion, SettleSuspicion(suspicion=str(suspicion), **said))


@router.post(f"{PATH}/{{suspicion}}/clearance", permission="suspicion.clear", answers=OpenView, edits=True,
             status=200, problems=("suspicion-settled",))  # fmt: skip
async def clear_suspicion(dealer: UUID, suspicion: UUID, body: Clear, write: Write) -> Response:
    """Let a confirmed one block no more, with a reason."""
    said = body.model_dump() | {"by": write.caller.login, "today": write.today}
    return await _changed(write, dealer, suspicion, ClearSuspicion(suspicion=str(suspicion), **said))


async def _changed(write: WriteContext, dealer: UUID, suspicion: UUID, command: Any) -> Response:
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
    written = await write.handle(DILIGENCE, str(dealer), command)
    known: Diligence = written.state
    return write.answer(written, OpenView(suspicion=suspicion, blocking=len(known.suspicions)))
