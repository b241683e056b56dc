"""Facts rows that are fields of their event and nothing else: named, not programmed, and compiled to one expression.

    ledger_entry.copies(InvoiceIssued, dealer=SUBJECT, kind=Same("invoice"), amount="amount", dated="issued_on")

A rebuild spends most of its time in such rows: an expression costs a quarter of a microsecond, a handler that returns
a dict with the engine's picking from it two. What a name cannot say (a sum, a branch, several rows) is a handler.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from eventlog.columns import Column, as_json
from eventlog.columns import json as json_column


class Envelope(NamedTuple):
    """A member of the envelope."""

    member: str


class Same(NamedTuple):
    """The same value in every row."""

    value: str | int | None


class Minus(NamedTuple):
    """A field of `data`, negated."""

    field: str


class Members(NamedTuple):
    """Some fields of `data` as one JSON object."""

    fields: tuple[str, ...]


SUBJECT, TYPE, ACTOR = Envelope("subject"), Envelope("type"), Envelope("actor")
BUSINESS_DATE = Envelope("businessdate")
IMPORT_ID, IMPORT_ROW = Envelope("importid"), Envelope("importrow")

Given = str | Envelope | Same | Minus | Members
"""What a column holds: the field of `data` of this name, or one of the above."""


def named(names: Iterable[str]) -> dict[str, Given]:
    """Columns that are called as their fields are."""
    return {name: name for name in names}


class Copied(NamedTuple):
    """The handler that is no function: column → what it holds."""

    columns: Mapping[str, Given]


def fields(given: Iterable[Given]) -> tuple[str, ...]:
    """The fields of `data` that these use."""
    used: dict[str, None] = {}
    for each in given:
        match each:
            case str():
                used[each] = None
            case Minus(field):
                used[field] = None
            case Members(names):
                used.update(dict.fromkeys(names))
    return tuple(used)


def compiled(columns: Mapping[str, Column], given: Mapping[str, Given]) -> Callable[[Any], list[tuple[Any, ...]]]:
    """From an event to its one row, in the order of `columns`; a column that is not given is NULL."""
    values = []
    for name, column in columns.items():
        value = _source(given.get(name, Same(None)))
        values.append(f"as_json({value})" if column is json_column else value)
    source = f"lambda e, data: [({', '.join(values)},)]"  # of names that the declaration checked
    made: Callable[[Any, Any], list[tuple[Any, ...]]] = eval(source, {"as_json": as_json})
    return lambda e: made(e, e.data)


def _source(given: Given) -> str:
    match given:
        case Envelope(member):
            return f"e.{member}"
        case Same(value):
            return repr(value)
        case Minus(field):
            return f"-data.{field}"
        case Members(names):
            return f"{{{', '.join(f'{name!r}: data.{name}' for name in names)}}}"
        case field:
            return f"data.{field}"
