"""Which dealers rows name, by our id or by a source system's number, within the caller's scope."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from events.fields import Code

BY_REFERENCE = """
select r.origin, r.number, r.dealer
from unnest($1::text[], $2::text[]) as asked (origin, number) join dealer_reference r using (origin, number)
"""
BY_ID = "select dealer from dealer_scope where dealer = any($1::uuid[])"
UNKNOWN = "There is no such dealer in your scope: onboard it first, or repeat in a moment."


class Reference(BaseModel):
    """The number under which a source system knows a dealer."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: Code
    number: Code


Named: TypeAlias = UUID | Reference


async def dealers_named(conn: Any, named: Iterable[Named]) -> dict[Named, UUID]:
    """Look up dealers in the snapshot of a caller; those that are unknown or out of scope are missing."""
    asked = set(named)
    ids = [each for each in asked if isinstance(each, UUID)]
    numbers = [each for each in asked if isinstance(each, Reference)]
    found: dict[Named, UUID] = {}
    if ids:
        found |= {row["dealer"]: row["dealer"] for row in await conn.fetch(BY_ID, ids)}
    if numbers:
        sources, texts = [each.source for each in numbers], [each.number for each in numbers]
        rows = await conn.fetch(BY_REFERENCE, sources, texts)
        found |= {Reference.model_construct(source=row["origin"], number=row["number"]): row["dealer"] for row in rows}
    return found
