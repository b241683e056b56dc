"""Field types of what comes in: every text has a length, every number a range, every decimal a number of places.

Decimals travel as plain JSON strings (``"1250.00"``): never a float, never an exponent. The types of text refuse what
nobody can see (`events.wording`). An event holds its texts by `events.recorded`, for what is recorded stays readable.
"""

import datetime
import re
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from events import recorded, wording

READING = {"reading": True}
"""The validation context in which an event that is recorded already is read."""
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
LARGEST = 40
FIRST_DAY, LAST_DAY = datetime.date(1990, 1, 1), datetime.date(2199, 12, 31)
"""Between these lies every business date that is taken in, and every day that may be asked about."""
EARLIEST = datetime.date(1600, 1, 1)
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _exact(value: Any, info: ValidationInfo) -> Any:
    if type(value) is float or type(value) is bool:
        raise ValueError("write a decimal as a string, not as a float")
    if type(value) is str and not PLAIN.fullmatch(value) and info.context is not READING:
        raise ValueError('write a decimal with the digits 0-9 and a point at most, such as "1250.00"')
    return value


def _written_day(value: Any) -> Any:
    if type(value) is datetime.date or (type(value) is str and ISO_DAY.fullmatch(value)):
        return value
    raise ValueError("write a date as text of the form 2026-03-31")


def _within_reach(day: datetime.date) -> datetime.date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"a date lies between {FIRST_DAY} and {LAST_DAY}: correct it")
    return day


def _past(day: datetime.date) -> datetime.date:
    if not EARLIEST <= day <= LAST_DAY:
        raise ValueError(f"a date of this kind lies between {EARLIEST} and {LAST_DAY}: correct it")
    return day


def plain_decimal(value: Decimal) -> Decimal:
    """The same number in a form that `str` writes without an exponent; the source's decimals are kept.

    Raises ValueError for a number nearer to 0 than a millionth, which `str` cannot write plainly.
    """
    if value.is_finite() and value.adjusted() > LARGEST:
        raise ValueError("far too large: correct it")
    if "E" not in str(value):
        return value
    if not value:
        return Decimal("0.000000") if value.adjusted() < 0 else Decimal(0)
    if value.adjusted() < -6:
        raise ValueError("smaller than a millionth: round it before it becomes an event")
    return Decimal(format(value, "f"))


def free_json(value: Any) -> Any:
    """A value of JSON without floats: decimals, dates and ids become text, tuples become lists."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            raise ValueError("write a decimal as a string, not as a float")
        case Decimal():
            return format(plain_decimal(value), "f")
        case datetime.date() | datetime.datetime():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case dict():
            return {str(name): free_json(each) for name, each in value.items()}
        case list() | tuple():
            return [free_json(each) for each in value]
        case _:
            raise ValueError(f"{type(value).__name__} has no form in JSON")


def _figure_text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else str(free_json(value))


def _written(places: int, *, sign: str = "") -> WithJsonSchema:
    """The JSON Schema of a decimal as it is written: no exponent, no leading zeros."""
    return WithJsonSchema({"type": "string", "pattern": rf"^{sign}(0|[1-9][0-9]*)(\.[0-9]{{1,{places}}})?$"})


UUID_TEXT = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_id_text = BeforeValidator(lambda value: str(value) if isinstance(value, uuid.UUID) else value)

Exact = Annotated[Decimal, BeforeValidator(_exact), AfterValidator(plain_decimal)]
"""A decimal without limits of its own; the types below add them."""

Amount = Annotated[Exact, Field(gt=0, lt=10**12, decimal_places=2), _written(2)]
"""What a document is for: above 0, 2 decimals, below a million million."""
Used = Annotated[Exact, Field(ge=0, lt=10**12, decimal_places=2), _written(2)]
"""What was used up of something: 0 where nothing was left."""
Limit = Used
"""What may be owed: 0 stops credit."""
Turnover = Annotated[Exact, Field(ge=0, lt=10**13, decimal_places=2), _written(2)]
Money = Annotated[Exact, Field(gt=-(10**13), lt=10**13, decimal_places=6), _written(6, sign="-?")]
"""A computed sum or mean, signed, at most 6 decimals."""
Quantity = Annotated[Exact, Field(gt=0, lt=10**9, decimal_places=3), _written(3)]
UnitPrice = Annotated[Exact, Field(ge=0, lt=10**9, decimal_places=4), _written(4)]
LineAmount = Annotated[Exact, Field(ge=0, lt=10**15, decimal_places=7), _written(7)]
"""Quantity × unit price, exact: the line keeps the source's decimals."""
Measure = Annotated[Exact, Field(gt=-(10**16), lt=10**16, decimal_places=7), _written(7, sign="-?")]
"""A sum of line amounts, signed, exact."""
Ratio = Annotated[Exact, Field(gt=-(10**6), lt=10**6, decimal_places=6), _written(6, sign="-?")]

Id = Annotated[str, _id_text, Field(pattern=UUID_TEXT)]
"""A UUID as text, lower case."""
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 as lower-case hex."""
Code = Annotated[recorded.Code, AfterValidator(wording.code)]
"""What another system or a user calls a thing: a number, a code, a login. All of it is visible, blanks only inside."""
Name = Annotated[recorded.Name, AfterValidator(wording.name)]
Text = Annotated[recorded.Text, AfterValidator(wording.text)]
"""Text of several lines."""
Said = Annotated[recorded.Said, AfterValidator(wording.text)]
"""Text that may not be empty."""
Day = Annotated[datetime.date, BeforeValidator(_written_day), AfterValidator(_within_reach)]
"""A business date, or the day that a question is about."""
PastDay = Annotated[datetime.date, BeforeValidator(_written_day), AfterValidator(_past)]
"""A day of a company's life, which may lie long before any business with it."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Percent = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=0, le=3650)]
Count = Annotated[int, Field(ge=0, le=10**12)]
Version = Annotated[int, Field(ge=1, le=10**6)]
Figure = Annotated[recorded.Code, BeforeValidator(_figure_text)]
"""A figure or a word as text: a decimal is written plainly."""
FreeJson = Annotated[dict[str, Any], BeforeValidator(free_json), WithJsonSchema({"type": "object"})]
"""A JSON object of any shape, without floats; the document's own limit of 60 KiB bounds it."""
Cut = dict[str, dict[str, Annotated[int, Field(ge=0)]]]
"""service → partition → last sequence included, the product's word for *known at* (architecture.md 2)."""

PaymentTerms = Literal["prepaid", "cash", "credit", "bank_acceptance", "commercial_acceptance"]
Grade = Literal[1, 2, 3, 4, 5]
Letter = Literal["A", "B", "C"]
