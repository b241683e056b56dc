"""The columns of a list that goes out as a file: they follow from the model of its rows, and from nothing else.

A field is a column named as in the API; a model within it one a field (`policy.version`). A list that `spread` names
is a column an item (`columns.1-30`); whatever else has parts is one cell of JSON.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from service.export_cells import Column, Kind

Spread = Mapping[str, tuple[str, str]]
"""Field → which members of its items are the column's name and the cell."""
KINDS: dict[type, Kind] = {bool: "boolean", int: "integer", Decimal: "decimal", datetime: "moment", date: "date"}
MOST_PLACES = 20


class Cell(NamedTuple):
    """A column's name, what it holds, and how a row's value is read."""

    name: str
    kind: Kind
    read: Callable[[Any], Any]


def table_of(rows: Sequence[BaseModel], model: type[BaseModel], spread: Spread) -> tuple[list[Column], list[list[Any]]]:
    """The columns, and the rows as values of them; a decimal column shows as many places as its longest figure has."""
    cells = list(_cells(model, "", lambda row: row, rows, spread))
    values = [[cell.read(row) for cell in cells] for row in rows]
    return [_column(cell, [row[at] for row in values]) for at, cell in enumerate(cells)], values


def _cells(model: type[BaseModel], before: str, of: Callable[[Any], Any], rows: Sequence[BaseModel],
           spread: Spread) -> Iterator[Cell]:  # fmt: skip
    for name, field in model.model_fields.items():
        read, kind = _member(of, name), _bare(field.annotation)
        if name in spread and not before:
            named, figure = spread[name]
            items = dict.fromkeys(getattr(item, named) for row in rows for item in read(row) or ())
            for each in items:
                yield Cell(f"{name}.{each}", "decimal", _item(read, named, each, figure))
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _cells(kind, f"{before}{name}.", read, rows, {})
        elif isinstance(kind, type) and kind in KINDS:
            yield Cell(before + name, KINDS[kind], read)
        else:
            yield Cell(before + name, "text", _as_text(read))


def _member(of: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    return lambda row: None if (held := of(row)) is None else getattr(held, name)


def _item(read: Callable[[Any], Any], named: str, wanted: Any, figure: str) -> Callable[[Any], Any]:
    return lambda row: next((getattr(i, figure) for i in read(row) or () if getattr(i, named) == wanted), None)


def _as_text(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def text(row: Any) -> str | None:
        value = read(row)
        if value is None or value == [] or value == {}:
            return None
        if isinstance(value, dict | list | tuple | BaseModel):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
        return str(value)

    return text


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def _bare(annotation: Any) -> Any:
    """The type without `None` and without what is said beside it."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, types.UnionType):
            known = [each for each in get_args(annotation) if each is not types.NoneType]
            if len(known) != 1:
                return None
            annotation = known[0]
        else:
            return annotation


def _column(cell: Cell, values: Sequence[Any]) -> Column:
    places = max((_places(value) for value in values if isinstance(value, Decimal)), default=0)
    return Column(key=cell.name, titles={}, kind=cell.kind, scale=min(places, MOST_PLACES))


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
