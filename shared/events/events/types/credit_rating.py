"""credit-rating: orders, standing and limits (domain.md 2); its facts, and its streams, are in `ledger`."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from events.catalogue import Event, Part
from events.fields import (
    Amount,
    Count,
    Currency,
    Cut,
    Days,
    Figure,
    FreeJson,
    Grade,
    Hash,
    Id,
    Letter,
    Money,
    Ratio,
    Used,
    Version,
)
from events.recorded import Code, Said, Text
from events.types import shapes
from events.types.ledger import STREAMS as STREAMS
from events.types.shapes import Excluded, PolicyRef

HoldCode = Literal[
    "limit-exceeded", "overdue", "suspended", "grade-5", "no-grade", "prepayment-short", "currency", "group-limit"
]
LimitCause = Literal["month", "policy", "terms", "diligence"]
Basis = Literal["history", "forecast", "override"]


class CreditCheck(Part):
    """What an order was checked against, known at `cut`: amounts tax included, null where nothing is assigned yet."""

    limit: Money | None
    exposure: Money
    headroom: Money | None
    grade: Grade | None
    cut: Cut
    as_of: date
    policy: PolicyRef | None = None


class HoldReason(Part):
    """One reason why an order is held: `amount` by how much, `days` how late, as far as the code needs them."""

    code: HoldCode
    amount: Money | None = None
    days: Days | None = None
    note: Text | None = None


class OrderPlaced(Event, owner="credit-rating", stream="orders", version=2):
    """The dealer ordered; nothing is decided yet. `invoiced`: what invoices that came before it took of it already."""

    number: Code
    amount: Amount
    currency: Currency
    prepaid: bool
    ordered_on: date
    invoiced: Used | None = None


class OrderReleased(Event, owner="credit-rating", stream="orders"):
    """The order passed the credit check and consumes headroom (domain.md 2.7)."""

    number: Code
    amount: Amount
    check: CreditCheck


class OrderHeld(Event, owner="credit-rating", stream="orders"):
    """The order is held, with every reason (domain.md 2.7)."""

    number: Code
    amount: Amount
    reasons: Annotated[tuple[HoldReason, ...], Field(min_length=1, max_length=20)]
    check: CreditCheck


class OrderHoldReleased(Event, owner="credit-rating", stream="orders"):
    """Somebody entitled released a held order in spite of `reasons`, which held it still (domain.md 2.7).

    It consumes headroom like any other; `reasons` is empty if nothing would hold the order any more.
    """

    number: Code
    amount: Amount
    reasons: Annotated[tuple[HoldReason, ...], Field(max_length=20)]
    check: CreditCheck
    reason: Said
    by: Code


class OrderCancelled(Event, owner="credit-rating", stream="orders"):
    """The order will not be delivered: what it had reserved is free."""

    number: Code
    reason: Said


class ReservationUsed(Event, owner="credit-rating", stream="orders", version=2):
    """An invoice named its order and used that much of it, once (domain.md 2.7); 0: nothing was left.

    `beyond` is the rest of the invoice: it counts against the order where that is placed later.
    """

    order: Code
    invoice: Code
    amount: Used
    beyond: Used | None = None


class ReservationReturned(Event, owner="credit-rating", stream="orders", version=2):
    """The invoice was taken back: `amount` of its order is not yet invoiced again (domain.md 2.7).

    `beyond` is the rest of the invoice: no order reserves it.
    """

    order: Code
    invoice: Code
    amount: Used
    prepaid: bool
    beyond: Used | None = None


class CreditFileOpened(Event, owner="credit-rating", stream="credit"):
    """Credit work on a new dealer began; the first rating is due 30 days after onboarding (domain.md 2.5)."""

    opened_on: date
    review_due: date


class CreditReviewOpened(Event, owner="credit-rating", stream="credit", version=2):
    """A review opened, 14 days before it is due, or (`reason`) because somebody asked for it (domain.md 2.5)."""

    review_due: date
    opened_on: date
    reason: Said | None = None


class Indicator(Part):
    """One of the nine indicators: its letter, its figure, what that was computed from, a note such as *no history*."""

    grade: Letter
    value: Figure | None = None
    inputs: FreeJson = Field(default_factory=dict)
    note: Text | None = None


class FiveCCap(Part):
    """A 5C assessment so low that the policy gives no better grade; `computed` is what the indicators gave."""

    assessment: Id
    assessed_on: date
    total: Ratio
    below: Ratio
    grade: Grade
    computed: Grade


class CreditGradeAssigned(Event, owner="credit-rating", stream="credit", version=2):
    """A credit grade 1–5 (资信等级) with everything it rests on, so that it can be re-derived (domain.md 2.3–2.5).

    `rule` names the cell of the table that fired; `survey` is the answer that was used; `cut` is *known at*; `cap` is
    there if the 5C assessment kept the grade from being better (domain.md 2.6).
    """

    run: Id
    as_of: date
    grade: Grade
    previous_grade: Grade | None = None
    rule: Said
    indicators: dict[Code, Indicator]
    survey: FreeJson | None = None
    policy: PolicyRef
    cut: Cut
    cap: FiveCCap | None = None
    approved_by: Code


class LimitDiligence(Part):
    """What a limit needed due diligence for: the formula gives `computed`, and only `free` may be had without.

    `before` is the limit that a raise is measured by, 0 for a dealer without credit so far; `diligence` the approved
    one that counted, and what it `covers`. The limit is at most `free`, with a diligence what it covers or `before`.
    """

    computed: Money
    before: Money
    free: Money
    diligence: Id | None = None
    approved_on: date | None = None
    covers: Money | None = None


class CreditLimitSet(Event, owner="credit-rating", stream="credit", version=2):
    """The credit limit and its factors: min(m3, m12 × season) × term/30 × coefficient (domain.md 2.7).

    `m3`, `m12` = mean net invoiced of the last 3 and 12 full months; `basis` says what stood in their place.
    """

    run: Id
    as_of: date
    limit: Money
    m3: Money | None
    m12: Money | None
    season: Ratio
    term_days: Days
    coefficient: Ratio
    basis: Basis
    policy: PolicyRef
    cut: Cut
    diligence: LimitDiligence | None = None


class CreditLimitRecomputed(Event, owner="credit-rating", stream="credit", version=2):
    """The limit of a grade in force was computed anew: on the 1st, under another policy or other terms (domain.md 2.7).

    Or because a due diligence was approved for which it waited (2.9).

    `run` is that of the grade, whose last limit it replaces from `as_of` on; the factors are those of `CreditLimitSet`.
    """

    run: Id
    as_of: date
    causes: Annotated[tuple[LimitCause, ...], Field(min_length=1, max_length=4)]
    grade: Grade
    limit: Money
    m3: Money | None
    m12: Money | None
    season: Ratio
    term_days: Days
    coefficient: Ratio
    basis: Basis
    policy: PolicyRef
    cut: Cut
    diligence: LimitDiligence | None = None


class GradeWithheld(Event, owner="credit-rating", stream="credit"):
    """A run left the dealer out, and why: its survey does not allow a grade, or what is known of it is incomplete."""

    run: Id
    as_of: date
    reason: Said
    policy: PolicyRef
    cut: Cut
    approved_by: Code


class RatingRunStarted(Event, owner="credit-rating", stream="run"):
    """A rating run over a region began, at one cut, authorised by its marketing director (营销总监)."""

    region: Code
    as_of: date
    cut: Cut
    policy: PolicyRef
    authorised_by: Code


class RatingRunCompleted(Event, owner="credit-rating", stream="run", version=2):
    """The run is complete and only now current; `digest` is the SHA-256 of its list of grades (architecture.md 4).

    `left_out` counts those without a grade. Each has its `GradeWithheld`; in version 1 they stood here, in `excluded`.
    """

    rated: Count
    left_out: Count = 0
    excluded: Annotated[tuple[Excluded, ...], Field(max_length=500)] = ()
    digest: Hash


class CreditPolicyPublished(Event, owner="credit-rating", stream="policy"):
    """A version of the credit policy, immutable, in force from `effective_from`; `hash` is that of its content."""

    name: Code
    version: Version
    effective_from: date
    content: FreeJson
    hash: Hash


class LedgerImportStarted(shapes.ImportStarted, owner="credit-rating", stream="import"):
    """A file of invoices and payments began to be read."""


class LedgerImportCompleted(shapes.ImportCompleted, owner="credit-rating", stream="import"):
    """Every row of a file of invoices and payments has its verdict."""


class LedgerImportUndone(shapes.ImportUndone, owner="credit-rating", stream="import"):
    """What a file of invoices and payments brought in was reversed."""
