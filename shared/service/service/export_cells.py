"""How one value looks in a file that goes out: columns, scales, and text that no spreadsheet computes.

Such text gets a leading apostrophe in both formats (an XLSX may be saved as CSV later); numbers stay numbers, dates
dates, decimals keep their scale. stack.md, trap 16.
"""

import datetime
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Kind = Literal["text", "integer", "money", "decimal", "share", "date", "moment", "boolean"]
Rows = AsyncIterator[Sequence[Any]] | Iterable[Sequence[Any]]

FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠\N{MINUS SIGN}\N{SMALL HYPHEN-MINUS}\N{SMALL PLUS SIGN}\N{SMALL EQUALS SIGN}"
FORMULA_STARTS = tuple(FORMULA_SIGNS)
CELL_CHARACTERS = 32_767
"""What a spreadsheet cell holds; longer text is cut and ends in …, in both formats alike."""
SHEET_ROWS = 1_048_575
"""Rows of a sheet without its header."""
EXACT_DIGITS = 15
"""Digits that a spreadsheet's number keeps; a longer decimal is written as text rather than changed."""


class ExportRefused(Exception):
    """More rows than the format or the limit holds; `code` is stable, `detail` says what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its key, its titles by language, what it holds, and how many decimals are shown."""

    key: str
    titles: Mapping[str, str]
    kind: Kind = "text"
    scale: int = 2
    width: int | None = None

    def title(self, language: str) -> str:
        """The title in `language`; a language without one falls back to English, then to the key."""
        return self.titles.get(language) or self.titles.get("en") or self.key


def neutral_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = text if len(text) <= CELL_CHARACTERS - 1 else text[: CELL_CHARACTERS - 2] + "…"
    bare = text.lstrip(" \u00a0\u3000\ufeff")
    return f"'{text}" if text.startswith(FORMULA_STARTS) or bare.startswith(FORMULA_STARTS) else text


def scaled(value: Decimal | int, column: Column) -> Decimal:
    """The figure with at least the column's decimals; more are kept, for a sale line is not rounded."""
    figure = Decimal(value)
    exponent = figure.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return figure.quantize(Decimal(1).scaleb(-column.scale)) if places < column.scale else figure


def cell_text(value: Any, column: Column) -> str:
    """A value as a CSV cell; floats are refused, as everywhere for figures."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal() if not value.is_finite():
            return ""
        case Decimal() | int() if column.kind in ("money", "decimal", "share"):
            return format(scaled(value, column), "f")
        case Decimal() | int():
            return format(value, "f") if isinstance(value, Decimal) else str(value)
        case float():
            raise TypeError(f"column {column.key} got a float; figures are decimals")
        case datetime.datetime():
            return in_utc(value).isoformat(sep=" ", timespec="seconds")
        case datetime.date():
            return value.isoformat()
        case _:
            return neutral_text(str(value))


def in_utc(moment: datetime.datetime) -> datetime.datetime:
    """The moment in UTC without its zone: a spreadsheet knows none. A naive one is UTC already."""
    return moment if moment.tzinfo is None else moment.astimezone(datetime.UTC).replace(tzinfo=None)


async def stream(rows: Rows) -> AsyncIterator[Sequence[Any]]:
    """Rows of a plain or an asynchronous source alike."""
    if isinstance(rows, Iterable):
        for row in rows:
            yield row
    else:
        async for row in rows:
            yield row


def check_count(count: int, most: int) -> None:
    """Refuse the row that is too many."""
    if count > most:
        raise ExportRefused("too-many-rows", f"The export has more than {most:,} rows; narrow the filter.")
