"""Credit reviews as they stand now: the inbox, and one review with what changes if it is approved (domain.md 2.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from reporting.reading.dealer import read_json
from reporting.reading.plain import Figure
from reporting.reading.standpoint import AT, Standpoint, within
from reporting.review_labels import INDICATORS_GRADED

OPEN = ("open", "proposed", "audited")
LETTERS = "ABC"
NOW = f"""{AT}
select v.*, o.code, coalesce(c.name, o.name) as name, o.region, o.branch, o.territory,
    g.grade as grade_now, g.indicators as indicators_now, g.position as grade_position,
    l."limit" as limit_now, l.position as limit_position,
    p.grade as grade_then, p.rule, p.indicators as indicators_then, p.overrides, p.limited, p.policy, p.opinion,
    p.as_of as proposed_as_of, p.source, p.partition, p.sequence
from credit_review v
join onboarding o using (dealer)
left join lateral (select c.name from card c where c.dealer = v.dealer and c.name is not null
    and {within("c", "registry")} order by c.sequence desc limit 1) c on true
left join lateral (
    select g.grade, g.indicators, g.source || '/' || g.partition || '/' || g.sequence as position from grade g
    where g.dealer = v.dealer and {within("g", "credit")} and g.as_of <= (select as_of from at)
        and exists (select from run r where r.run = g.run and r.phase = 'completed' and r.kind = 'rating')
    order by g.as_of desc, g.sequence desc limit 1
) g on true
left join lateral (
    select l."limit", l.source || '/' || l.partition || '/' || l.sequence as position from credit_limit l
    where l.dealer = v.dealer and {within("l", "credit")} and l.as_of <= (select as_of from at)
        and exists (select from run r where r.run = l.run and r.phase = 'completed' and r.kind = 'rating')
    order by l.as_of desc, l.sequence desc limit 1
) l on true
left join grade_proposal p on p.dealer = v.dealer and p.proposal = v.proposal
"""
INBOX = f"""{NOW}
where v.stage = any($5) and (not $6 or v.due < (select as_of from at)) and (v.due, o.code) > ($7::date, $8::text)
order by v.due, o.code limit $9
"""
ONE = f"{NOW} where v.dealer = $5"
STEPS = """
select step, by, acting_for, said, proposal, recorded_at, source, partition, sequence
from review_step where dealer = $1 order by sequence desc limit 50
"""


class Difference(BaseModel):
    """One indicator: its letter in the grade in force and in the proposal, and why a person replaced it."""

    indicator: str
    before: str | None
    after: str
    value: Any
    reason: str | None
    computed: str | None

    @property
    def differs(self) -> bool:
        """Whether approving would change it."""
        return self.before != self.after

    @property
    def better(self) -> bool:
        """Whether it would get better."""
        return self.before is not None and LETTERS.index(self.after) < LETTERS.index(self.before)


class Review(BaseModel):
    """A dealer's review: stage, what is in force and what is proposed in its place. `version` names the next step."""

    dealer: UUID
    code: str
    name: str
    region: str
    branch: str
    territory: str
    stage: str | None
    due: date | None
    opened_on: date | None
    reason: str | None
    escalated_on: date | None
    proposal: UUID | None
    proposed_by: str | None
    audited_by: str | None
    said: str | None
    watched_since: date | None
    fallen: list[dict[str, Any]]
    version: int
    grade_now: int | None
    grade_position: str | None
    limit_now: Figure | None
    limit_position: str | None
    grade_then: int | None
    limit_then: Figure | None
    limited: dict[str, Any] | None
    rule: str | None
    policy: dict[str, Any] | None
    opinion: str | None
    proposed_as_of: date | None
    position: str | None
    indicators: list[Difference]

    @property
    def people(self) -> list[str]:
        """Who has acted on what is proposed; none of them may act again."""
        return [each for each in (self.proposed_by, self.audited_by) if each]

    @property
    def overridden(self) -> list[Difference]:
        """The indicators that a person replaced."""
        return [each for each in self.indicators if each.reason]

    @property
    def differing(self) -> list[Difference]:
        """The indicators that approving would change."""
        return [each for each in self.indicators if each.differs]


@dataclass(frozen=True)
class Inbox:
    """One page of the reviews that wait for somebody, due first first."""

    rows: list[Review]
    following: str | None = None


async def inbox(
    conn: Any, at: Standpoint, *, stages: Sequence[str], late: bool, after: tuple[date, str], limit: int
) -> Inbox:
    """The open reviews of the caller's scope behind `after` (due date and code of the last one seen)."""
    rows = await conn.fetch(INBOX, *at.parameters, list(stages), late, *after, limit + 1)
    reviews = [review_of(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Inbox(reviews, f"{reviews[-1].due}~{reviews[-1].code}" if more else None)


async def review(conn: Any, at: Standpoint, dealer: UUID) -> Review | None:
    """The review of one dealer; None where its credit file is not open yet."""
    row = await conn.fetchrow(ONE, *at.parameters, dealer)
    return review_of(row) if row else None


async def steps(conn: Any, dealer: UUID) -> list[dict[str, Any]]:
    """The last 50 steps of a dealer's reviews, latest first."""
    return [step for row in await conn.fetch(STEPS, dealer) if (step := read_json(row))]


def review_of(row: Any) -> Review:
    """A row as a review."""
    read = read_json(row) or {}
    limited = read["limited"]
    return Review(
        **{name: read.get(name) for name in Review.model_fields if name not in MADE},
        fallen=read["fallen"] or [],
        limit_then=Decimal(limited["limit"]) if limited else None,
        limited=limited,
        position=read.get("position") if read["source"] else None,
        indicators=compared(read["indicators_now"] or {}, read["indicators_then"] or {}, read["overrides"] or []),
    )


MADE = frozenset({"fallen", "limit_then", "limited", "position", "indicators"})


def compared(
    now: Mapping[str, Any], then: Mapping[str, Any], overrides: Sequence[Mapping[str, Any]]
) -> list[Difference]:
    """The indicators of a proposal beside those in force."""
    replaced = {each["indicator"]: each for each in overrides}
    return [
        Difference(
            indicator=name,
            before=now[name]["grade"] if name in now else None,
            after=given["grade"],
            value=given["value"],
            reason=replaced[name]["reason"] if name in replaced else None,
            computed=replaced[name]["computed"] if name in replaced else None,
        )
        for name, given in sorted(then.items(), key=lambda each: place_of(each[0]))
    ]


def place_of(indicator: str) -> int:
    """The key four first, then the other five, then any that we do not know."""
    return INDICATORS_GRADED.index(indicator) if indicator in INDICATORS_GRADED else len(INDICATORS_GRADED)
