"""The owner group of a dealer as of a day and at a cut: its limit, and those of its dealers that the caller sees."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from reporting.reading.ledger import entries_of
from reporting.reading.standpoint import AT, Standpoint, within
from rules.receivables import Receivables, receivables

MOST = 50
"""Dealers of one group that a page lists."""
MEMBERSHIP = f"""
select distinct on (m.dealer) m.dealer, m.owner_group, m.joined, m.source, m.partition, m.sequence from group_member m
where m.effective_on <= (select as_of from at) and {within("m", "registry")}
order by m.dealer, m.sequence desc
"""
GROUP = f"""{AT}
select m.owner_group as code, coalesce(g.name, m.owner_group) as name,
    m.source || '/' || m.partition || '/' || m.sequence as position
from ({MEMBERSHIP}) m left join owner_group g on g.code = m.owner_group
where m.joined and m.dealer = $5
"""
MEMBERS = f"""{AT}
select m.dealer, o.code, o.name from ({MEMBERSHIP}) m join onboarding o using (dealer)
where m.joined and m.owner_group = $5 and {within("o", "registry")}
order by o.code limit {MOST}
"""
LIMIT = f"""{AT}
select s."limit", s.first_day, s.last_day, s.reason, s.by,
    s.source || '/' || s.partition || '/' || s.sequence as position
from group_limit s
where s.owner_group = $5 and s.kind = 'set' and {within("s", "credit")}
    and (select as_of from at) between s.first_day and coalesce(s.last_day, 'infinity')
    and not exists (
        select from group_limit e
        where e.owner_group = s.owner_group and e.kind = 'ended' and e.sequence > s.sequence
            and e.first_day <= (select as_of from at) and {within("e", "credit")}
    )
order by s.sequence desc limit 1
"""
RESERVED = f"""{AT}
select v.dealer, greatest(sum(v.amount) filter (where v.kind = 'released')
    - coalesce(sum(v.amount) filter (where v.kind = 'used'), 0), 0) as reserved
from order_event v
where v.dealer = any($5) and v.dated <= (select as_of from at) and {within("v", "credit")}
group by v.dealer, v.number having not bool_or(v.kind = 'cancelled') and bool_or(v.kind = 'released')
"""

CONSIGNED = f"""{AT}
select distinct on (q.dealer) q.dealer, q.value from consigned_stock q
where q.dealer = any($5) and q.as_of <= (select as_of from at) and {within("q", "tiering")}
order by q.dealer, q.as_of desc, q.sequence desc
"""


@dataclass(frozen=True)
class Member:
    """A dealer of the group within the caller's scope, and its exposure."""

    dealer: UUID
    code: str
    name: str
    exposure: Decimal


@dataclass(frozen=True)
class OwnerGroup:
    """A group: its limit as a row (None: it has none), and the dealers of it that the caller sees."""

    code: str
    name: str
    position: str
    limit: dict[str, Any] | None
    members: list[Member]

    @property
    def exposure(self) -> Decimal:
        """What those that are shown come to."""
        return sum((each.exposure for each in self.members), Decimal(0))


async def group_of(conn: Any, at: Standpoint, dealer: UUID) -> OwnerGroup | None:
    """The group that a dealer was of; None: of none."""
    group = await conn.fetchrow(GROUP, *at.parameters, dealer)
    if group is None:
        return None
    limit = await conn.fetchrow(LIMIT, *at.parameters, group["code"])
    return OwnerGroup(**group, limit=dict(limit) if limit else None, members=await _members(conn, at, group["code"]))


async def _members(conn: Any, at: Standpoint, group: str) -> list[Member]:
    rows = await conn.fetch(MEMBERS, *at.parameters, group)
    dealers = [row["dealer"] for row in rows]
    ledgers = await entries_of(conn, at, dealers)
    reserved: dict[UUID, Decimal] = dict.fromkeys(dealers, Decimal(0))
    for row in await conn.fetch(RESERVED, *at.parameters, dealers):
        reserved[row["dealer"]] += row["reserved"]
    consigned = {row["dealer"]: row["value"] for row in await conn.fetch(CONSIGNED, *at.parameters, dealers)}
    held = {dealer: reserved[dealer] + consigned.get(dealer, Decimal(0)) for dealer in dealers}
    owed = {dealer: receivables(ledgers.get(dealer, []), at.as_of) for dealer in dealers}
    return [Member(**row, exposure=_exposure(owed[row["dealer"]], held[row["dealer"]])) for row in rows]


def _exposure(owed: Receivables, held: Decimal) -> Decimal:
    """`held`: what released orders reserve, and consigned stock."""
    return owed.balance + owed.unmatured_bills + held
