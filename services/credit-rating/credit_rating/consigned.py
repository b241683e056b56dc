"""Consigned stock at a cut: a report counts from its day on, until one as of a later day, or a later one of its day.

A report that comes late changes what is known now of an earlier day, and nothing that was known before it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from credit_rating.domain.money import NOTHING
from credit_rating.evidence import TIERING, bounds, within
from eventlog.connection import Connection
from eventlog.position import Cut

LATEST = f"""
select distinct on (dealer) dealer, event, as_of, value, origin as source, number from consigned_stock
where dealer = any($1) and {within(2)} and as_of <= $3
order by dealer, as_of desc, sequence desc
"""


class Consigned(NamedTuple):
    """What of ours a dealer holds, tax included, and the report that says so: its event, day, source and number."""

    value: Decimal = NOTHING
    report: UUID | None = None
    reported_on: date | None = None
    source: str | None = None
    number: str | None = None


NONE = Consigned()
"""Of a dealer that has reported nothing."""


async def consigned_of(conn: Connection, dealers: Sequence[UUID], as_of: date, cut: Cut) -> dict[UUID, Consigned]:
    """What each of these dealers holds at the end of a day, known at a cut; absent: it has reported nothing."""
    rows = await conn.fetch(LATEST, dealers, bounds(cut, TIERING), as_of)
    return {
        row["dealer"]: Consigned(*(row[k] for k in ("value", "event", "as_of", "source", "number"))) for row in rows
    }
