"""What a column of a projection may hold.

Every type is canonical: equal values have equal text, so that digests compare values, never representations.
"""

from typing import NamedTuple


class Column(NamedTuple):
    """A PostgreSQL type and what may be done to it besides setting it.

    `summed`: may be the target of `Patch.add` (commutative sum). `ordered`: may be the target of `Patch.max`.
    Text is neither: its order depends on a collation that Python and PostgreSQL do not share.
    """

    sql: str
    summed: bool = False
    ordered: bool = False


text = Column("text")
uuid = Column("uuid")
money = Column("numeric", summed=True, ordered=True)
integer = Column("integer", summed=True, ordered=True)
bigint = Column("bigint", summed=True, ordered=True)
day = Column("date", ordered=True)
moment = Column("timestamptz", ordered=True)
boolean = Column("boolean", ordered=True)
json = Column("jsonb")
smallint = Column("smallint")

TOMBSTONE = "tombstone"

PROVENANCE = {
    "source": text,
    "partition": smallint,
    "sequence": bigint,
    "line": smallint,
    "recorded_at": moment,
    "event": uuid,
}
"""Columns that the engine adds to every facts table: which event a row came from, and its place in that event."""
