"""What a column of a projection may hold.

Every type is canonical: equal values have equal text, so that digests compare values, never representations.
"""

import datetime
import uuid as ids
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

_canonical = msgspec.json.Encoder(order="sorted", decimal_format="string").encode


class Column(NamedTuple):
    """A PostgreSQL type and what may be done to it besides setting it.

    `python`: the types a handler may give. `summed`: may be the target of `Patch.add` (a commutative sum).
    `ordered`: may be the target of `Patch.max`.
    Text is neither: its order depends on a collation that Python and PostgreSQL do not share.
    """

    sql: str
    python: tuple[type, ...]
    summed: bool = False
    ordered: bool = False


text = Column("text", (str,))
uuid = Column("uuid", (str, ids.UUID))
money = Column("numeric", (Decimal,), summed=True, ordered=True)
integer = Column("integer", (int,), summed=True, ordered=True)
bigint = Column("bigint", (int,), summed=True, ordered=True)
day = Column("date", (datetime.date,), ordered=True)
moment = Column("timestamptz", (datetime.datetime,), ordered=True)
boolean = Column("boolean", (bool,), ordered=True)
json = Column("jsonb", (object,))
smallint = Column("smallint", (int,))

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


def as_json(value: Any) -> str | None:
    """What a `json` column is given: canonical text, decimals as strings; None for NULL."""
    return None if value is None else _canonical(value).decode()
