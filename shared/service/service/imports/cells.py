"""One raw cell → a typed value. The same fact reads the same whether its cell is text, an integer, a float or a date.

Each reader is made once a column and remembers what it has read: a file holds few distinct prices, dates and numbers.
Every reader raises CellFault with a stable code.
"""

import datetime
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from events import wording
from events.fields import FIRST_DAY, LAST_DAY
from service.imports.refusals import CellFault
from service.imports.tables import ErrorCell, FormulaCell

REMEMBERED = 50_000
"""Distinct cells kept a column; the memory is emptied when full."""
FIGURE = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
INTEGRAL = re.compile(r"([0-9]{1,30})\.0+", re.ASCII)
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?=$|[T ])", re.ASCII)

Reader = Callable[[Any], Any]


def remembering(read: Reader) -> Reader:
    """`read` with a bounded memory for text, integers and floats; no other type, for True would be found as 1."""
    seen: dict[Any, Any] = {}

    def look_up(cell: Any) -> Any:
        kind = type(cell)
        if kind is not str and kind is not float and kind is not int:
            return read(cell)
        try:
            return seen[cell]
        except KeyError:
            pass
        if len(seen) >= REMEMBERED:
            seen.clear()
        value = seen[cell] = read(cell)
        return value

    return look_up


def refuse_marked(cell: Any, label: str) -> None:
    """Formulas and a spreadsheet's error values are no facts, in whatever column they are mapped."""
    if isinstance(cell, FormulaCell):
        raise CellFault("formula-cell", f"{label} holds a formula; paste its value instead.")
    if isinstance(cell, ErrorCell):
        raise CellFault("error-cell", f"{label} holds the error {cell[:20]}.")


def plain_text(cell: Any, label: str) -> str:
    """A cell as text without surrounding blanks: 85048 and 85048.0 (as a number) are both "85048"."""
    refuse_marked(cell, label)
    match cell:
        case None:
            return ""
        case str():
            return cell.strip()
        case bool():
            return "TRUE" if cell else "FALSE"
        case int():
            return str(cell)
        case float():
            return str(int(cell)) if math.isfinite(cell) and cell.is_integer() else repr(cell)
        case Decimal():
            return format(cell.to_integral_value() if cell == cell.to_integral_value() else cell, "f")
        case datetime.datetime() | datetime.date():
            return cell.isoformat()
        case _:
            raise CellFault("not-a-text", f"{label} holds a {type(cell).__name__}.")


def text_reader(
    label: str, *, most: int, required: bool = True, held_to: Callable[[str], str] = wording.code
) -> Reader:
    """Text of at most `most` characters, held to `events.wording`; an empty optional cell is None."""

    def read(cell: Any) -> str | None:
        text = plain_text(cell, label)
        if not text:
            if required:
                raise CellFault("missing-value", f"{label} is empty.")
            return None
        if len(text) > most:
            raise CellFault("too-long", f"{label} has {len(text):,} characters; at most {most}.")
        if not text.isprintable():
            try:
                held_to(text)
            except ValueError as error:
                raise CellFault("control-character", f"{label}: {error}.") from None
        return text

    return remembering(read)


def number_reader(label: str, *, unknown: Sequence[str], integral: bool) -> Reader:
    """The dealer's number in the source; empty or one of `unknown` is a row that belongs to nobody."""
    as_text = text_reader(label, most=64, required=False)
    nobody = frozenset(unknown)

    def read(cell: Any) -> str:
        text = as_text(cell)
        if text is not None and integral and (whole := INTEGRAL.fullmatch(text)):
            text = whole[1]
        if text is None or text in nobody:
            raise CellFault("no-dealer", f"{label} names no dealer.")
        return str(text)

    return remembering(read)


def plain(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent: 2.50 from text is 2.5 from a float."""
    if not value:
        return Decimal(0)
    value = value.normalize()
    return value.quantize(Decimal(1)) if value.as_tuple().exponent > 0 else value  # type: ignore[operator]


def figure_reader(label: str, *, places: int, below: int, decimal: str = ".", thousands: str = "") -> Reader:
    """An exact decimal with at most `places` decimals and |value| < `below`; a float is read by its shortest form."""

    def text_of(cell: Any) -> str:
        refuse_marked(cell, label)
        match cell:
            case str():
                text = cell.strip()
                if thousands:
                    text = text.replace(thousands, "")
                return text.replace(decimal, ".") if decimal != "." else text
            case bool() | None:
                return "" if cell is None else str(cell)
            case float():
                return repr(cell)
            case int() | Decimal():
                return str(cell)
            case _:
                return f"{type(cell).__name__} {cell}"

    def read(cell: Any) -> Decimal:
        text = text_of(cell)
        if not text:
            raise CellFault("missing-value", f"{label} is empty.")
        if not FIGURE.fullmatch(text):
            raise CellFault("not-a-number", f"{label} is not a number: {text[:40]!r}.")
        value = Decimal(text)
        if (value and not -30 < value.adjusted() < 30) or abs(value) >= below:
            raise CellFault("out-of-range", f"{label} is not below {below:,}: {text[:40]}.")
        value = plain(value)
        if -value.as_tuple().exponent > places:  # type: ignore[operator]
            raise CellFault("too-many-decimals", f"{label} has more than {places} decimals: {text[:40]}.")
        return value

    return remembering(read)


def day_reader(label: str, forms: Sequence[str], *, latest: datetime.date | None, required: bool = True) -> Reader:
    """A day: typed, as ISO text, or as one of `forms`; a time of day is dropped, a day after `latest` refused."""

    def read(cell: Any) -> datetime.date | None:
        refuse_marked(cell, label)
        day: datetime.date | None
        match cell:
            case datetime.datetime():
                day = cell.date()
            case datetime.date():
                day = cell
            case None:
                day = None
            case str():
                day = day_of_text(cell.strip(), forms, label)
            case _:
                raise CellFault("not-a-date", f"{label} is not a date: {str(cell)[:40]}.")
        if day is None:
            if required:
                raise CellFault("missing-value", f"{label} is empty.")
            return None
        if not FIRST_DAY <= day <= LAST_DAY:
            raise CellFault("out-of-range", f"{label} lies before {FIRST_DAY} or after {LAST_DAY}: {day}.")
        if latest is not None and day > latest:
            raise CellFault("future-date", f"{label} lies in the future: {day}.")
        return day

    return remembering(read)


def day_of_text(text: str, forms: Sequence[str], label: str) -> datetime.date | None:
    """The day that a text writes, by the profile's forms, then as ISO; an empty text is None."""
    if not text:
        return None
    for form in forms:
        try:
            return datetime.datetime.strptime(text, form).date()
        except ValueError:
            continue
    try:
        if found := ISO_DAY.match(text):
            return datetime.date.fromisoformat(found[0])
    except ValueError:
        pass
    raise CellFault("not-a-date", f"{label} is not a date of the form {' or '.join(forms) or 'ISO'}: {text[:40]!r}.")
