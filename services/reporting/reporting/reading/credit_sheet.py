"""What the credit card (客户信用卡) of a dealer shows beside its page: earlier decisions, reviews, held orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from reporting.reading.dealer import COMPLETED, EVERY_ORDER, read_json
from reporting.reading.standpoint import AT, Standpoint, within
from reporting.reading.timeline import Entry, entries_of

ROWS = 12
GRADES = f"""{AT}
select x.as_of, x.grade, x.previous_grade, x.rule, x.approved_by, x.policy, x.source, x.partition, x.sequence
from grade x where x.dealer = $5 and x.as_of <= (select as_of from at) and {within("x", "credit")}
    and {COMPLETED.format(kind="rating", within=within("r", "credit"))}
order by x.as_of desc, x.sequence desc limit {ROWS}
"""
LIMITS = f"""{AT}
select x.as_of, x."limit", x.basis, x.term_days, x.source, x.partition, x.sequence
from credit_limit x where x.dealer = $5 and x.as_of <= (select as_of from at) and {within("x", "credit")}
    and {COMPLETED.format(kind="rating", within=within("r", "credit"))}
order by x.as_of desc, x.sequence desc limit {ROWS}
"""
LAST_STATE = """(array_agg(x.kind order by x.sequence desc)
    filter (where x.kind in ('placed', 'released', 'held', 'cancelled')))[1]"""
HELD = f"{EVERY_ORDER} having {LAST_STATE} = 'held' order by ordered_on desc, x.number desc"
REVIEWED = (
    "CreditReviewOpened", "CreditGradeProposed", "CreditGradeAudited", "CreditGradeApproved", "CreditGradeReturned",
    "CreditReviewRejected", "CreditReviewEscalated", "CreditWatchStarted", "CreditWatchEnded", "GradeWithheld",
    "CreditLimitOverridden", "CreditLimitOverrideEnded",
)  # fmt: skip
"""What a review goes through, and what happens to a grade and a limit between reviews."""


@dataclass(frozen=True)
class Standing:
    """Earlier decisions, latest first, and what waits."""

    grades: list[dict[str, Any]]
    limits: list[dict[str, Any]]
    held: list[dict[str, Any]]
    happened: list[Entry]

    @property
    def watched(self) -> Entry | None:
        """The watch that the dealer is under, if any."""
        for entry in self.happened:
            if entry.type in {"CreditWatchStarted", "CreditWatchEnded"}:
                return entry if entry.type == "CreditWatchStarted" else None
        return None


async def standing_of(conn: Any, at: Standpoint, dealer: UUID) -> Standing:
    """The same as of a day, known at a cut."""
    asked = (*at.parameters, dealer)
    return Standing(
        grades=await _rows(conn, GRADES, asked),
        limits=await _rows(conn, LIMITS, asked),
        held=await _rows(conn, HELD, asked),
        happened=await entries_of(conn, at, dealer, REVIEWED, ROWS),
    )


async def _rows(conn: Any, query: str, asked: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [row for each in await conn.fetch(query, *asked) if (row := read_json(each))]
