"""The third way to run a declaration: in memory, for one dealer, as of a cut."""

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from eventlog.arrived import Arrived, id_text
from eventlog.columns import TOMBSTONE, Column
from eventlog.columns import json as json_column
from eventlog.columns import uuid as uuid_column
from eventlog.feeding import Item, gather
from eventlog.gathered import Merged
from eventlog.plan import Plan
from eventlog.position import Cut, within
from eventlog.projection import StateTable, Table
from events.placement import Placement, key_of

Rows = dict[str, list[dict[str, Any]]]


class Told(NamedTuple):
    """One event of a log as its owner has it."""

    source: str
    placement: Placement
    document: bytes


def fold(tables: Iterable[Table], events: Iterable[Told], key: str, cut: Cut) -> Rows:
    """Rows by table that the events of one key within the cut cause, as `select *` gives them; JSON is decoded.

    `events` in any interleaving of partitions, each partition in order; those of other keys are passed over.
    Raises what decoding or a handler raises: a decision never rests on an event that cannot be read.
    """
    plan = Plan(tables)
    items = []
    for source, placement, document in events:
        wanted = source in plan.readers and key_of(placement.stream) == key
        if wanted and within(cut, source, placement.partition, placement.sequence):
            items.append(Item(_arrived(source, placement, document), plan.read(source, document), None))
    gathered = gather(items)
    return {
        name: _state(table, gathered.state.get(name, {}))
        if isinstance(table, StateTable)
        else [_typed(table.every, dict(zip(table.every, row, strict=True))) for row in gathered.facts.get(name, [])]
        for name, table in plan.tables.items()
    }


def _state(table: StateTable, rows: Mapping[tuple[Any, ...], Merged]) -> list[dict[str, Any]]:
    empty = {name: 0 if name in table.sums else False if name == TOMBSTONE else None for name in table.columns}
    folded = []
    for key, merged in rows.items():
        folded.append(_typed(table.every, dict(zip(table.key, key, strict=True)) | empty | dict(merged.values())))
    return folded


def _typed(columns: Mapping[str, Column], row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(column, row[name]) for name, column in columns.items()}


def _value(column: Column, value: Any) -> Any:
    if isinstance(value, str) and column is uuid_column:
        return uuid.UUID(value)
    return json.loads(value) if isinstance(value, str) and column is json_column else value


def _arrived(source: str, placement: Placement, document: bytes) -> Arrived:
    return Arrived(
        source,
        placement.partition,
        placement.sequence,
        placement.lineage,
        placement.previous.bytes if placement.previous else None,
        uuid.UUID(id_text(document)).bytes,
        placement.recorded_at,
        placement.stream,
        -1,
        key_of(placement.stream).encode(),
        document,
        b"",
    )
