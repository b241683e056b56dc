"""tiering: sales lines, and how much each dealer matters (domain.md 3)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from events.catalogue import Event, Part, streams
from events.fields import (
    Count,
    Currency,
    Cut,
    FreeJson,
    Hash,
    Id,
    Letter,
    LineAmount,
    Measure,
    Quantity,
    Ratio,
    Turnover,
    UnitPrice,
    Used,
    Version,
)
from events.recorded import Code, Name, Said
from events.types import shapes
from events.types.shapes import Excluded, PolicyRef

STREAMS = streams(
    "tiering",
    {
        "sales": "facts",
        "inventory": "facts",
        "tier": "edited",
        "run": "edited",
        "policy": "edited",
        "import": "edited",
    },
)

Direction = Literal["sell_in", "sell_out"]
"""*Sell-in* is ours to a dealer, *sell-out* a dealer's to its customer (domain.md 3.1)."""
MeasureKind = Literal["net_sales", "gross_sales", "gross_profit", "growth"]


class SaleLine(Event):
    """A sale line, identified by source, invoice, product, quantity, price and `line`, the k-th such one (domain.md 0).

    `quantity` and `amount` (their exact product, without VAT) are positive in sales and in returns. `ship_to` is the
    place that the goods were shipped to, `ship_to_territory` the code of its territory, as far as they are known.
    """

    source: Code
    invoice: Code
    line: Annotated[int, Field(ge=1, le=10**6)]
    product: Code
    description: Name | None = None
    quantity: Quantity
    unit_price: UnitPrice
    amount: LineAmount
    currency: Currency
    sold_on: date
    direction: Direction = "sell_in"
    ship_to: Name | None = None
    ship_to_territory: Code | None = None


class SaleRecorded(SaleLine, owner="tiering", stream="sales", version=2):
    """We sold a line of goods to the dealer (sell-in), or the dealer to a customer of its own (sell-out).

    Version 1 was sell-in only, and said nothing of where goods went.
    """


class SaleReturned(SaleLine, owner="tiering", stream="sales", version=2):
    """A line of goods came back, in the direction of its sale; figures are positive, the type takes them off.

    Version 1 was sell-in only, and said nothing of where goods went.
    """


class SaleLineReversed(Event, owner="tiering", stream="sales"):
    """A line was taken back by a new event, never by an edit; `line` is the reversed event's id."""

    line: Id
    reason: Said


class StockLine(Part):
    """Goods of one product at a dealer's, `value` with VAT. Consigned: still ours, owed for once they are sold."""

    product: Code
    quantity: Quantity
    value: Used
    consigned: bool = False


class InventoryReported(Event, owner="tiering", stream="inventory"):
    """What a dealer had in stock at the end of a day, all of it: it replaces every report as of an earlier day.

    Of two as of one day the later recorded one counts. `value` and `consigned_value` are the sums of the lines, and of
    those that are consigned (domain.md 2.7: in exposure). No lines: nothing is in stock.
    """

    source: Code
    number: Code
    as_of: date
    currency: Currency
    lines: Annotated[tuple[StockLine, ...], Field(max_length=300)] = ()
    value: Turnover
    consigned_value: Turnover


class AbcClassAssigned(Event, owner="tiering", stream="tier"):
    """The dealer's ABC class in a run, with its place in the ranked list (帕累托 80:20, domain.md 3.2).

    `measure` and `total` are sums in the installation's currency; `share_before` = cumulative before it ÷ total, 0–1;
    null where the measure is not positive.
    """

    run: Id
    window_from: date
    window_to: date
    abc: Letter
    measure: Measure
    rank: Count
    share_before: Ratio | None
    total: Measure
    population: Count
    policy: PolicyRef
    cut: Cut


class ClassificationRunStarted(Event, owner="tiering", stream="run", version=2):
    """An ABC run over a scope (`company`, `region:<code>`, `branch:<code>`) and a window began, at one cut.

    `excluded` are left out of the ranking: something of them was parked at the cut. Version 1 had none.
    """

    scope: Code
    measure: MeasureKind
    window_from: date
    window_to: date
    cut: Cut
    policy: PolicyRef
    authorised_by: Code
    excluded: Annotated[tuple[Excluded, ...], Field(max_length=500)] = ()


class ClassificationRunCompleted(Event, owner="tiering", stream="run"):
    """The run is complete and only now current; `digest` is the SHA-256 of the ranked list (architecture.md 4)."""

    classified: Count
    digest: Hash


class TieringPolicyPublished(Event, owner="tiering", stream="policy"):
    """A version of the tiering policy, immutable, in force from `effective_from`; `hash` is that of its content."""

    name: Code
    version: Version
    effective_from: date
    content: FreeJson
    hash: Hash


class SalesImportStarted(shapes.ImportStarted, owner="tiering", stream="import"):
    """A file of sale lines began to be read."""


class SalesImportCompleted(shapes.ImportCompleted, owner="tiering", stream="import"):
    """Every row of a file of sale lines has its verdict."""


class SalesImportUndone(shapes.ImportUndone, owner="tiering", stream="import"):
    """What a file of sale lines brought in was reversed."""
