"""The credit policy's versions and drafts: how each stands on a day, as known at a cut, and what it changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from reporting.reading.standpoint import AT, Standpoint, within
from rules.differences import Difference, differences

CREDIT = "credit"
MOST = 100
"""Versions, and drafts, that are listed: the latest."""
State = Literal["in_force", "approved", "superseded"]
Stage = Literal["drafting", "submitted", "approved", "withdrawn"]
OPEN: tuple[Stage, ...] = ("drafting", "submitted")
STAGE_AFTER: dict[str, Stage] = {
    "drafted": "drafting", "revised": "drafting", "returned": "drafting", "submitted": "submitted",
    "approved": "approved", "withdrawn": "withdrawn",
}  # fmt: skip
VERSIONS = f"""{AT}
select p.name, p.version, p.effective_from, p.hash, d.draft, d.by as approved_by, w.by as drafted_by,
    p.source || '/' || p.partition || '/' || p.sequence as position,
    case when p.effective_from > (select as_of from at) then 'approved'
        when exists (
            select from policy n where n.kind = 'credit' and n.name = p.name and {within("n", "credit")}
                and n.effective_from <= (select as_of from at)
                and (n.effective_from, n.version) > (p.effective_from, p.version)
        ) then 'superseded' else 'in_force' end as state
from policy p
left join policy_step d on d.name = p.name and d.step = 'approved' and d.version = p.version and d.hash = p.hash
    and {within("d", "credit")}
left join policy_step w on w.draft = d.draft and w.step = 'drafted'
where p.kind = 'credit' and {within("p", "credit")} order by p.version desc limit {MOST}
"""
CONTENT = f"""{AT}
select p.content from policy p where p.kind = 'credit' and p.version = $5 and {within("p", "credit")}
"""
STEPS = f"""{AT}
select s.name, s.draft, s.step, s.by, s.said, s.version, s.effective_from, s.hash, {{content}} as content,
    s.recorded_at, s.source || '/' || s.partition || '/' || s.sequence as position
from policy_step s where {within("s", "credit")} and s.draft in ({{which}}) order by s.sequence
"""
LATEST = f"""
select l.draft from policy_step l where {within("l", "credit")} group by l.draft
order by max(l.sequence) desc limit {MOST}
"""
STREAM = f"""{AT}
select (select count(*) from policy_step s where s.name = $5 and {within("s", "credit")})
    + (select count(*) from policy p where p.kind = 'credit' and p.name = $5 and {within("p", "credit")})
"""


@dataclass(frozen=True)
class Version:
    """A published version, how it stands on the day, and who drafted and approved it."""

    name: str
    version: int
    effective_from: date
    hash: str
    state: State
    draft: UUID | None
    drafted_by: str | None
    approved_by: str | None
    position: str


@dataclass(frozen=True)
class Step:
    """What somebody did with a draft, and what was said."""

    step: str
    by: str
    said: str
    recorded_at: datetime
    position: str


@dataclass(frozen=True)
class Draft:
    """A draft as it stands after its steps; `content` only where one draft is read."""

    draft: UUID
    name: str
    version: int
    effective_from: date
    hash: str
    note: str
    content: dict[str, Any]
    stage: Stage
    steps: tuple[Step, ...]

    @property
    def people(self) -> list[str]:
        """Who wrote or submitted it: none of them may approve it."""
        return list(dict.fromkeys(each.by for each in self.steps if each.step in ("drafted", "revised", "submitted")))

    @property
    def last(self) -> Step:
        """The last thing that happened to it."""
        return self.steps[-1]

    @property
    def open(self) -> bool:
        """Whether something may still happen to it."""
        return self.stage in OPEN


async def versions(conn: Any, at: Standpoint) -> list[Version]:
    """The published versions of the credit policy, latest first."""
    return [Version(**row) for row in await conn.fetch(VERSIONS, *at.parameters)]


async def content_of(conn: Any, at: Standpoint, version: int) -> dict[str, Any] | None:
    """The document of a published version."""
    found = await conn.fetchval(CONTENT, *at.parameters, version)
    content: dict[str, Any] | None = json.loads(found) if found else None
    return content


async def drafts(conn: Any, at: Standpoint) -> list[Draft]:
    """The drafts, that which something happened to last first; without their documents."""
    rows = await conn.fetch(STEPS.format(content="null", which=LATEST), *at.parameters)
    return sorted(_folded(rows).values(), key=lambda draft: draft.last.recorded_at, reverse=True)


async def draft(conn: Any, at: Standpoint, id: UUID) -> Draft | None:
    """One draft with its document."""
    rows = await conn.fetch(STEPS.format(content="s.content", which="$5"), *at.parameters, id)
    return _folded(rows).get(id)


async def stream_version(conn: Any, at: Standpoint, name: str = CREDIT) -> int:
    """The version of the policy's stream, drafts included: what the next step of any draft names as If-Match."""
    return int(await conn.fetchval(STREAM, *at.parameters, name))


def changed(old: dict[str, Any] | None, new: dict[str, Any]) -> list[Difference]:
    """What a document changes in another one, value by value; all of it is new where there is none."""
    return [each for told in differences(old or {}, new) for each in _leaves(told)]


def _leaves(told: Difference) -> Iterator[Difference]:
    """A section that only one side has, as its values."""
    match told:
        case Difference(path, None, dict(section)) | Difference(path, dict(section), None) if section:
            ours = told.old is not None
            for each in differences(section if ours else {}, {} if ours else section, path):
                yield from _leaves(each)
        case _:
            yield told


def _folded(rows: list[Any]) -> dict[UUID, Draft]:
    found: dict[UUID, Draft] = {}
    for row in rows:
        id, known = row["draft"], found.get(row["draft"])
        step = Step(row["step"], row["by"], row["said"] or "", row["recorded_at"], row["position"])
        if known is None:
            known = Draft(id, row["name"], 0, date.min, "", "", {}, "drafting", ())
        if step.step in ("drafted", "revised"):
            known = replace(
                known, version=row["version"], effective_from=row["effective_from"], hash=row["hash"], note=step.said,
                content=json.loads(row["content"] or "{}"),
            )  # fmt: skip
        found[id] = replace(known, stage=STAGE_AFTER[step.step], steps=(*known.steps, step))
    return found
