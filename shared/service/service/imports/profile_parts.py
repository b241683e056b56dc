"""The tables of a mapping profile: columns of each kind, the dealer, figures, constants, rules."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from events import wording

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(wording.name)
]
Code = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(wording.code)
]


def listed(value: object) -> object:
    """A lone text stands for a list of one."""
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[Text, ...], BeforeValidator(listed), Field(min_length=1, max_length=20)]
"""The column's name, or several it goes by; the first that the file has is read."""


def _known_directives(form: str) -> str:
    if not {"%Y", "%m", "%d"} <= {form[at : at + 2] for at in range(len(form)) if form[at] == "%"}:
        raise ValueError("a date format needs %Y, %m and %d")
    return form


DateFormat = Annotated[str, StringConstraints(max_length=40), AfterValidator(_known_directives)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SaleColumns(Part):
    """Columns of an invoice line; where the goods went, as far as the file says it: a place, a territory's code."""

    invoice: Names
    product: Names
    description: Names | None = None
    quantity: Names
    unit_price: Names
    sold_on: Names
    ship_to: Names | None = None
    ship_to_territory: Names | None = None
    currency: Names | None = None


class InvoiceColumns(Part):
    """Columns of an invoice; without `due_on` the due date is the invoice date plus the terms' days."""

    number: Names
    amount: Names
    issued_on: Names
    due_on: Names | None = None
    settled_on: Names | None = None
    disputed: Names | None = None
    order: Names | None = None
    currency: Names | None = None


class ReceiptColumns(Part):
    """Columns of money received; a bill has the day it matures, what came back the day it did."""

    number: Names
    amount: Names
    received_on: Names
    method: Names | None = None
    invoice: Names | None = None
    matures_on: Names | None = None
    bounced_on: Names | None = None
    currency: Names | None = None


class DealerExtras(Part):
    """Columns that only a file of dealers has."""

    territory: Names | None = None
    supplier: Names | None = None
    channel_level: Names | None = None
    cooperation: Names | None = None


class DealerColumns(Part):
    """How a row names its dealer. `integral`: 13085.0 is 13085; `unknown`: numbers that stand for nobody."""

    number: Names
    name: Names | None = None
    name_pattern: Text = "{number}"
    county: Names | None = None
    country: Names | None = None
    integral: bool = False
    unknown: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _pattern_holds_number(self) -> "DealerColumns":
        if self.name_pattern.replace("{number}", "").count("{") or "{number}" not in self.name_pattern:
            raise ValueError("name_pattern holds {number} and no other brace")
        return self


class Numbers(Part):
    """How figures are written as text: the decimal sign and, if any, the sign between thousands."""

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""

    @model_validator(mode="after")
    def _signs_differ(self) -> "Numbers":
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same sign")
        return self


class Returns(Part):
    """What makes a line a return: the beginning of its invoice number."""

    invoice_prefix: Code


class Terms(Part):
    """Agreed terms of every invoice of the file."""

    method: Literal["prepaid", "cash", "credit", "bank_acceptance", "commercial_acceptance"]
    term_days: Annotated[int, Field(ge=0, le=3650)] = 0


class Paying(Part):
    """How the payment on the settled date was made."""

    method: Code


PaidBy = Literal["cash", "transfer", "cheque", "card", "bank_acceptance", "commercial_acceptance", "other"]


class Receiving(Part):
    """How money came: by the words of the method column, each of which is to be listed, or always by `default`."""

    default: PaidBy | None = None
    words: dict[str, PaidBy] = {}


class Bouncing(Part):
    """Why what came back did, as far as the file does not say."""

    reason: Text


class Disputing(Part):
    """Values of the disputed column that mean yes and no, the reason, and the outcome on the settled date."""

    yes: tuple[str, ...]
    no: tuple[str, ...]
    reason: Text
    outcome: Literal["upheld", "dismissed"]


class Rule(Part):
    """Rows whose cell of `column` equals or begins with one of the texts."""

    column: Text
    equals: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    reason: Text

    @model_validator(mode="after")
    def _says_something(self) -> "Rule":
        if not any((*self.equals, *self.begins)) and "" not in self.equals:
            raise ValueError("name what the cell equals or begins with")
        return self
