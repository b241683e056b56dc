"""The small story that most tests of reporting tell, and what serves it; it bears a name that no other folder has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from history import Network

from events import StatementDiffered, StatementSent
from rules.entries import Invoice, Payment

ANNA, BOLIN, CHEN = (str(UUID(int=0x0190A6C2_0000_7000_8000_000000000000 + n)) for n in (1, 2, 3))
RUN, OLD_RUN, UNFINISHED, ABC_RUN = (str(UUID(int=n)) for n in (101, 102, 103, 104))
LETTER, FORGED = (str(UUID(int=n)) for n in (201, 202))


@dataclass
class Served:
    """The running application, the network behind it, and places in its logs that tests speak of."""

    app: FastAPI
    network: Network
    early: dict[str, dict[str, int]]
    places: dict[str, str]


def story() -> tuple[Network, dict[str, dict[str, int]], dict[str, str]]:
    """Three dealers in three territories; `early` is the cut before the late invoice."""
    made, places = Network(), {}
    made.places()
    places["onboarded"] = made.onboard(ANNA, "D-001", "Anna Trading 安娜贸易", "T1")
    made.onboard(BOLIN, "D-002", '=HYPERLINK("http://x","boom") 波林', "T2")
    made.onboard(CHEN, "D-003", "陈记批发有限公司（北京海淀中关村南大街分公司）", "T3")
    places["invoice"], invoice = made.invoice(ANNA, "I-1", "1000.00", date(2026, 1, 10), date(2026, 2, 9))
    _, payment = made.payment(ANNA, "P-1", "400.00", date(2026, 2, 1), "I-1")
    made.invoice(ANNA, "I-2", "500.00", date(2026, 4, 1), date(2026, 5, 1))
    _, wrong = made.invoice(BOLIN, "I-9", "77777.00", date(2026, 1, 5), date(2026, 2, 4))
    made.credit.add(_reversal(wrong), BOLIN)
    made.payment(BOLIN, "P-9", "250.00", date(2026, 3, 3))
    made.rate(OLD_RUN, "R1", {ANNA: (2, "90000"), BOLIN: (4, "10000")}, date(2026, 1, 31))
    made.rate(RUN, "R1", {ANNA: (3, "120000"), BOLIN: (5, "0")}, date(2026, 3, 31))
    made.override(ANNA, "200000", date(2026, 2, 10), date(2026, 2, 20))
    made.override(ANNA, "150000", date(2026, 2, 15), date(2026, 2, 25), ended_on=date(2026, 2, 18))
    made.rate(UNFINISHED, "R2", {CHEN: (1, "999999")}, date(2026, 3, 31), complete=False)
    made.order(ANNA, "O-1", "200.00", date(2026, 4, 2))
    for month, quantity in ((date(2025, 3, 5), "10"), (date(2026, 2, 5), "20"), (date(2026, 3, 5), "30")):
        made.sale(ANNA, f"S-{month}", quantity, "12.5", month)
    made.sale(ANNA, "S-R", "4", "12.5", date(2026, 3, 9), returned=True)
    _, line = made.sale(ANNA, "S-X", "1000", "1", date(2026, 3, 10))
    made.tiering.add(_line_reversal(line), ANNA)
    made.sale(BOLIN, "S-B", "1", "99.99", date(2026, 3, 7), product="@SUM(A1)")
    made.sale(CHEN, "S-C", "5", "10", date(2026, 2, 7))
    made.classify(ABC_RUN, {ANNA: ("A", "800"), BOLIN: ("B", "150"), CHEN: ("C", "50")}, date(2025, 4, 1),
                  date(2026, 3, 31), date(2026, 4, 1))  # fmt: skip
    places["visit"] = made.visit(ANNA, date(2026, 4, 3))
    early = {source: {str(p): s for p, s in cut.items()} for source, cut in made.cut.items()}
    places["late"], _ = made.invoice(ANNA, "I-LATE", "300.00", date(2026, 3, 1), date(2026, 3, 31))
    _state(made, early, invoice, payment)
    made.group("LH", "联华控股 Holding", "80000", date(2026, 4, 1), ANNA, CHEN)
    return made, early, places


def _state(made: Network, early: Any, invoice: str, payment: str) -> None:
    """A letter of the first quarter, as known before the late invoice: the dealer differs. And a forged month."""
    known = {"source": "erp"}
    entries = [
        Invoice(id=invoice, number="I-1", amount=Decimal(1000), issued_on=date(2026, 1, 10), due_on=date(2026, 2, 9),
                method="credit", **known),
        Payment(id=payment, number="P-1", amount=Decimal(400), received_on=date(2026, 2, 1), **known),
    ]  # fmt: skip
    cut = {"credit-rating": early["credit-rating"]}
    made.state(ANNA, FORGED, (date(2026, 2, 1), date(2026, 2, 28)), entries, cut, digest="0" * 64)
    made.state(ANNA, LETTER, (date(2026, 1, 1), date(2026, 3, 31)), entries, cut, purpose="audit",
               addressed_to="Huaxin Accountants 华信会计师事务所")  # fmt: skip
    day = date(2026, 4, 8)
    made.credit.add(StatementSent(statement=LETTER, sent_on=day, how="email", to="Accounts 财务部", by="wang"), ANNA)
    made.credit.add(
        StatementDiffered(statement=LETTER, differed_on=day, their_balance=Decimal("550.00"), difference=Decimal(50),
                          reason="A payment of 50.00 is on its way.", by="wang"), ANNA,
    )  # fmt: skip


def _reversal(event: str) -> Any:
    from events import LedgerEntryReversed

    return LedgerEntryReversed(
        entry=event, kind="invoice", source="erp", number="I-9", reason="booked on another dealer"
    )


def _line_reversal(event: str) -> Any:
    from events import SaleLineReversed

    return SaleLineReversed(line=event, reason="typed one thousand for one")
