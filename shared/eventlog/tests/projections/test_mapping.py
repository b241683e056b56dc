"""Rows that copy their event's fields are what a handler that returns the same as a dict would give."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from eventlog.mapping import ACTOR, BUSINESS_DATE, SUBJECT, TYPE, Members, Minus, Same, named
from eventlog.plan import Plan
from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import InvoiceIssued, encode, uuid7

COLUMNS = {
    "dealer": uuid, "kind": text, "type": text, "by": text, "on": day, "number": text, "amount": money,
    "owed": money, "told": json, "term_days": integer, "nothing": text,
}  # fmt: skip
DEALER = "0191d3a2-0000-7000-8000-000000000001"


def document(number: str = 'N "1"\\') -> bytes:
    event = InvoiceIssued(
        source="erp", number=number, amount=Decimal("10.50"), currency="CNY", issued_on=date(2026, 1, 2),
        due_on=date(2026, 2, 1), method="credit", term_days=30, order=None,
    )  # fmt: skip
    now = datetime(2026, 1, 2, tzinfo=UTC)
    today = now.date()
    return encode(event, id=uuid7(), subject=DEALER, time=now, actor="user:a", business_date=today, correlation="c")


def rows(table: FactsTable) -> Any:
    return Plan([table]).read("credit-rating", document())


def test_a_copied_row_is_what_a_handler_gives() -> None:
    copied, handled = FactsTable("t", columns=COLUMNS), FactsTable("t", columns=COLUMNS)
    copied.copies(
        InvoiceIssued, dealer=SUBJECT, kind=Same("in'voice"), type=TYPE, by=ACTOR, on=BUSINESS_DATE,
        owed=Minus("amount"), told=Members(("number", "amount", "due_on")), **named(("number", "amount", "term_days")),
    )  # fmt: skip

    @handled.on(InvoiceIssued, uses=("number", "amount", "term_days", "due_on"))
    def invoiced(e: Any) -> dict[str, Any]:
        return {
            "dealer": e.subject, "kind": "in'voice", "type": "InvoiceIssued", "by": e.actor, "on": e.businessdate,
            "number": e.data.number, "amount": e.data.amount, "owed": -e.data.amount, "term_days": e.data.term_days,
            "told": {"number": e.data.number, "amount": e.data.amount, "due_on": e.data.due_on},
        }  # fmt: skip

    assert rows(copied) == rows(handled)
    ((_, is_facts, ((*_, owed, told, _, nothing),)),) = rows(copied)
    assert is_facts and owed == Decimal("-10.50") and nothing is None
    assert told == '{"amount":"10.50","due_on":"2026-02-01","number":"N \\"1\\"\\\\"}'
    assert copied.consumes == {"credit-rating": {"InvoiceIssued": ("amount", "due_on", "number", "term_days")}}


@pytest.mark.parametrize("given", [{"unheard": SUBJECT}, {"number": "unheard"}, {"owed": Minus("unheard")}])
def test_an_unknown_column_or_field_is_refused_where_it_is_declared(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="unheard"):
        FactsTable("t", columns=COLUMNS).copies(InvoiceIssued, **given)
