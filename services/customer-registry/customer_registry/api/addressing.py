"""How a row names its dealer: by our id, or by the number of a source system. Only what the caller may see is found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias
from uuid import UUID

from customer_registry.api.shapes import ReferenceGiven

DealerNamed: TypeAlias = UUID | ReferenceGiven
BY_REFERENCE = """
select r.source, r.number, r.dealer from dealer_reference r
join unnest($1::text[], $2::text[]) as asked (source, number) using (source, number)
"""
BY_ID = "select dealer from dealer_scope where dealer = any($1::uuid[])"
UNKNOWN = "There is no such dealer in your scope; onboard it first, or repeat in a moment."


async def resolve(conn: Any, named: Iterable[DealerNamed]) -> dict[tuple[str, str] | UUID, UUID]:
    """(source, number) or id → the dealer, for those in the scope of the snapshot; others are missing."""
    asked = list(named)
    numbers = {(each.source, each.number) for each in asked if isinstance(each, ReferenceGiven)}
    ids = {each for each in asked if isinstance(each, UUID)}
    found: dict[tuple[str, str] | UUID, UUID] = {}
    if numbers:
        sources, texts = zip(*sorted(numbers), strict=True)
        rows = await conn.fetch(BY_REFERENCE, sources, texts)
        found |= {(row["source"], row["number"]): row["dealer"] for row in rows}
    if ids:
        found |= {row["dealer"]: row["dealer"] for row in await conn.fetch(BY_ID, sorted(ids))}
    return found


def name_of(named: DealerNamed) -> tuple[str, str] | UUID:
    """The key under which `resolve` answers."""
    return (named.source, named.number) if isinstance(named, ReferenceGiven) else named
