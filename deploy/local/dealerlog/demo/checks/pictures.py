"""What a service holds, as digests: its tables, its log, its claims. Two pictures are equal or name what differs."""

from __future__ import annotations

from typing import NamedTuple

from dealerlog.fleet import Fleet, Member
from dealerlog.readmodel import opened
from eventlog.audit import audit
from eventlog.digest import Digest


class Picture(NamedTuple):
    """Digest of each table, of the log, and of the claims; `problems` of the log with itself."""

    tables: dict[str, Digest]
    log: Digest
    claims: tuple[int, str]
    problems: list[str]

    def differs(self, other: Picture) -> list[str]:
        """What is not the same."""
        names = sorted(self.tables.keys() | other.tables.keys())
        found = [name for name in names if self.tables.get(name) != other.tables.get(name)]
        found += ["log"] if self.log != other.log else []
        return found + (["claims"] if self.claims != other.claims else []) + self.problems + other.problems

    def __str__(self) -> str:
        rows = sum(digest.rows for digest in self.tables.values())
        return f"{self.log.rows:,} events, {self.claims[0]:,} claims, {rows:,} rows in {len(self.tables)} tables"


async def picture(fleet: Fleet, member: Member) -> Picture:
    """One service as it is now."""
    async with opened(fleet, member) as inside:
        tables, log = await inside.digests(), await inside.log_digest()
    audited = await audit(fleet.databases[member.name].owner, member.declaration.deciders)
    return Picture(tables, log, (audited.claims, audited.claims_digest), audited.problems)
