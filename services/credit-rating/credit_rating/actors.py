"""Who recorded a fact: the log's own documents say it, and no table repeats it for every row."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from eventlog.connection import Pool

DOCUMENTS = """
select e.partition, e.sequence, e.document
from unnest($1::integer[], $2::bigint[]) as asked (partition, sequence) join log.event e using (partition, sequence)
"""
Place = tuple[int, int]
"""Partition and sequence of an event of this service's log."""


class _Signed(msgspec.Struct):
    actor: str


_read_actor = msgspec.json.Decoder(_Signed).decode


async def actors_of(pool: Pool, places: Sequence[Place]) -> dict[Place, str]:
    """The actor of each of these events."""
    if not places:
        return {}
    rows = await pool.fetch(DOCUMENTS, [each[0] for each in places], [each[1] for each in places])
    return {(row["partition"], row["sequence"]): _read_actor(row["document"]).actor for row in rows}
