"""Which dealers documents name, within the caller's scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from credit_rating.documents import Reference
from events.decider import Refused

BY_REFERENCE = """
select r.origin, r.number, r.dealer
from unnest($1::text[], $2::text[]) as asked (origin, number) join dealer_reference r using (origin, number)
"""
BY_ID = "select dealer from dealer_scope where dealer = any($1)"

Named = UUID | Reference


class Dealers:
    """The dealers found, by id and by reference."""

    def __init__(self, ids: Iterable[UUID], references: dict[tuple[str, str], UUID]) -> None:
        self._ids, self._references = frozenset(ids), references

    def find(self, named: Named) -> UUID:
        """The dealer's id; refuses one that is unknown or outside the caller's scope: both look the same."""
        match named:
            case UUID():
                found, said = named if named in self._ids else None, str(named)
            case Reference(source=source, number=number):
                found, said = self._references.get((source, number)), f"{number} of {source}"
        if found is None:
            raise Refused(
                "unknown-dealer",
                f"No dealer in your scope is {said}: onboard it first, or repeat in a moment.",
                retryable=True,
            )
        return found


async def dealers_named(conn: Any, named: Sequence[Named]) -> Dealers:
    """Look up dealers in the snapshot of a caller."""
    ids = list({each for each in named if isinstance(each, UUID)})
    references = list({(each.source, each.number) for each in named if isinstance(each, Reference)})
    by_id = await conn.fetch(BY_ID, ids) if ids else []
    origins, numbers = [origin for origin, _ in references], [number for _, number in references]
    by_reference = await conn.fetch(BY_REFERENCE, origins, numbers) if references else []
    return Dealers(
        (row["dealer"] for row in by_id),
        {(row["origin"], row["number"]): row["dealer"] for row in by_reference},
    )
