"""What the credit card shows of due diligence: the form, suspicious papers, when the next follow-up visit is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from reporting.reading.dealer import COMPLETED
from reporting.reading.policies import credit_policy
from reporting.reading.standpoint import AT, Standpoint, within
from reporting.reading.timeline import Entry, entries_of

FORM = (
    "DueDiligenceOpened", "DueDiligenceSubmitted", "DueDiligenceApproved", "DueDiligenceReturned",
    "DueDiligenceRejected",
)  # fmt: skip
PAPERS = ("SuspiciousPaperReported", "SuspicionConfirmed", "SuspicionDismissed", "SuspicionCleared")
OPEN = frozenset(PAPERS[:2])
MOST = 200
NEXT = f"""{AT}
select (greatest(min(x.as_of), $6::date) + make_interval(months => $7::integer))::date
from credit_limit x
where x.dealer = $5 and x."limit" > 0 and x.as_of <= (select as_of from at) and {within("x", "credit")}
    and {COMPLETED.format(kind="rating", within=within("r", "credit"))}
"""
"""So many months after the day of the first limit, or after the last visit if that is later."""


@dataclass(frozen=True)
class Diligence:
    """The last step of a form, the last approval, the papers that block, the last visit and the day of the next."""

    form: Entry | None
    approved: Entry | None
    suspicious: list[Entry]
    visited: Entry | None
    next_visit: date | None


async def diligence_of(conn: Any, at: Standpoint, dealer: UUID, *, grade: int | None, credit: bool) -> Diligence:
    """The same as of a day, known at a cut; `credit`: the dealer has some, so that it is to be visited again."""
    forms = await entries_of(conn, at, dealer, FORM, 1)
    approved = await entries_of(conn, at, dealer, ("DueDiligenceApproved",), 1)
    visits = await entries_of(conn, at, dealer, ("CreditFollowedUp",), 1)
    last: dict[tuple[str, str], Entry] = {}
    for entry in await entries_of(conn, at, dealer, PAPERS, MOST):
        last.setdefault((entry.data["paper"], entry.data["number"]), entry)
    visited = visits[0] if visits else None
    return Diligence(
        form=forms[0] if forms else None,
        approved=approved[0] if approved else None,
        suspicious=[entry for entry in last.values() if entry.type in OPEN],
        visited=visited,
        next_visit=await _next(conn, at, dealer, grade, visited) if credit and grade else None,
    )


async def _next(conn: Any, at: Standpoint, dealer: UUID, grade: int, visited: Entry | None) -> date | None:
    policy = await credit_policy(conn, at)
    months = ((policy or {}).get("content", {}).get("follow_up") or {}).get("every_months", {}).get(str(grade))
    if months is None:
        return None
    day: date | None = await conn.fetchval(NEXT, *at.parameters, dealer, visited and visited.dated, months)
    return day
