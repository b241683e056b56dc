"""What the clients send, and where each of it must be found again: in which log, topic and tables."""

from __future__ import annotations

from typing import Any, NamedTuple

from dealerlog.sample.organisation import Person

MARK = "F~"
"""Every number of the campaign begins with it, so that a stranger's event is told apart."""
SAID = "We agreed on two shelves for the spring."
LESSON = f"substring(lesson from '{MARK}.*')"
CLERK = Person("clerk", "clerk", "region_clerk", "R1")


class Shown(NamedTuple):
    """A table that must show it: by which expression, of which service."""

    service: str
    table: str
    expression: str


class Family(NamedTuple):
    """One sort of command: the log it goes to, the event type it becomes and the field that holds its number."""

    service: str
    type: str
    field: str
    shown: tuple[Shown, ...]


FAMILIES = {
    "sale": Family("tiering", "SaleRecorded", "invoice", (
        Shown("tiering", "sale_line", "invoice"), Shown("reporting", "sale_line", "invoice"))),
    "invoice": Family("credit-rating", "InvoiceIssued", "number", (
        Shown("credit-rating", "ledger_entry", "number"), Shown("reporting", "ledger_entry", "number"))),
    "visit": Family("customer-registry", "VisitLogged", "lesson", (
        Shown("customer-registry", "visit", LESSON), Shown("reporting", "visit", LESSON))),
    "card": Family("customer-registry", "BasicCardRevised", "address", (
        Shown("customer-registry", "card_revision", '"values" ->> \'address\''),)),
    "order": Family("credit-rating", "OrderPlaced", "number", (Shown("credit-rating", "orders", "number"),)),
    "cancel": Family("credit-rating", "OrderCancelled", "reason", (
        Shown("credit-rating", "orders", "cancelled_because"),)),
}  # fmt: skip
MARKED = {family.type: family.field for family in FAMILIES.values()}


def sale(number: str, dealer: str) -> dict[str, Any]:
    """A sale line."""
    return {"kind": "sale", "dealer": dealer, "source": "erp", "invoice": number, "product": "P1", "quantity": "2",
            "unit_price": "1.25", "currency": "CNY", "sold_on": "2026-03-02"}  # fmt: skip


def invoice(number: str, dealer: str) -> dict[str, Any]:
    """An invoice."""
    return {"kind": "invoice", "dealer": dealer, "source": "erp", "number": number, "amount": "12.50",
            "currency": "CNY", "issued_on": "2026-03-02", "due_on": "2026-04-01", "method": "credit",
            "term_days": 30}  # fmt: skip


def visit(number: str, dealer: str) -> dict[str, Any]:
    """A visit."""
    return {"dealer": dealer, "reference": number, "visited_on": "2026-03-02", "place": "Shop", "content": SAID,
            "participants": ["Wang"], "succeeded": SAID, "fell_short": SAID, "lesson": f"{SAID} {number}",
            "representative": "wang"}  # fmt: skip
