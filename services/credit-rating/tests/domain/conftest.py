"""Builders of ledger entries and dealers, so that a test names only what its rule is about. Dates are ISO text."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from credit_rating.domain.entries import (
    Allocation,
    Bill,
    Bounce,
    CreditNote,
    Dispute,
    DisputeOutcome,
    Invoice,
    LaterAllocation,
    Payment,
    Recovery,
    Reversal,
    WriteOff,
)
from credit_rating.domain.facts import DealerFacts, Survey
from credit_rating.domain.policy import CreditPolicy

SOURCE = "erp"
day = date.fromisoformat


class Book:
    """The entries of a test's ledger; the id of an entry is its kind and number."""

    @staticmethod
    def invoice(number: str, amount: str, issued: str, due: str | None = None, **others: Any) -> Invoice:
        terms = {"method": "credit", "term_days": 30, "source": SOURCE, "id": f"invoice-{number}"} | others
        due_on = day(due) if due else day(issued) + timedelta(days=int(terms["term_days"]))
        return Invoice(number=number, amount=Decimal(amount), issued_on=day(issued), due_on=due_on, **terms)

    @staticmethod
    def payment(number: str, amount: str, on: str, *named: str | tuple[str, str], source: str = SOURCE) -> Payment:
        allocations = tuple(Allocation(n) if isinstance(n, str) else Allocation(n[0], Decimal(n[1])) for n in named)
        return Payment(
            id=f"payment-{number}",
            source=source,
            number=number,
            amount=Decimal(amount),
            received_on=day(on),
            allocations=allocations,
        )

    @staticmethod
    def bill(
        number: str, amount: str, on: str, matures: str, *named: str | tuple[str, str], method: Any = "bank_acceptance"
    ) -> Bill:
        allocations = tuple(Allocation(n) if isinstance(n, str) else Allocation(n[0], Decimal(n[1])) for n in named)
        return Bill(
            id=f"bill-{number}", source=SOURCE, number=number, amount=Decimal(amount), received_on=day(on),
            matures_on=day(matures), method=method, allocations=allocations,
        )  # fmt: skip

    @staticmethod
    def later(entry: str, on: str, *named: tuple[str, str], id: str = "") -> LaterAllocation:
        allocations = tuple(Allocation(number, Decimal(amount)) for number, amount in named)
        return LaterAllocation(
            id=id or f"later-{entry}-{on}", source=SOURCE, number=entry, entry=entry, allocated_on=day(on),
            allocations=allocations,
        )  # fmt: skip

    @staticmethod
    def bounce(number: str, on: str, of: Any = "payment") -> Bounce:
        return Bounce(id=f"bounce-{of}-{number}", source=SOURCE, number=number, of=of, bounced_on=day(on))

    @staticmethod
    def write_off(number: str, amount: str, on: str, invoice: str) -> WriteOff:
        return WriteOff(
            id=f"write-off-{number}", source=SOURCE, number=number, amount=Decimal(amount), written_off_on=day(on),
            invoice=invoice,
        )  # fmt: skip

    @staticmethod
    def recovery(number: str, amount: str, on: str, invoice: str | None = None) -> Recovery:
        return Recovery(
            id=f"recovery-{number}", source=SOURCE, number=number, amount=Decimal(amount), recovered_on=day(on),
            invoice=invoice,
        )  # fmt: skip

    @staticmethod
    def credit_note(number: str, amount: str, on: str, invoice: str | None = None) -> CreditNote:
        return CreditNote(
            id=f"credit-{number}",
            source=SOURCE,
            number=number,
            amount=Decimal(amount),
            issued_on=day(on),
            invoice=invoice,
        )

    @staticmethod
    def dispute(invoice: str, amount: str, on: str) -> Dispute:
        return Dispute(
            id=f"dispute-{invoice}-{on}", source=SOURCE, number=invoice, amount=Decimal(amount), disputed_on=day(on)
        )

    @staticmethod
    def outcome(invoice: str, on: str, outcome: Any) -> DisputeOutcome:
        return DisputeOutcome(
            id=f"outcome-{invoice}-{on}", source=SOURCE, number=invoice, settled_on=day(on), outcome=outcome
        )

    @staticmethod
    def reversal(entry: str) -> Reversal:
        return Reversal(id=f"reversal-{entry}", source=SOURCE, number=entry, entry=entry)

    @staticmethod
    def survey(on: str = "2026-01-15", **others: Any) -> Survey:
        answers = {
            "annual_turnover": Decimal("3000000"),
            "nature": "company",
            "licences": "complete_expiring",
            "premises": "local_leased",
            "founded_on": day("2023-06-30"),
        } | others
        return Survey(surveyed_on=day(on), **answers)

    @classmethod
    def dealer(cls, *entries: Any, **others: Any) -> DealerFacts:
        facts = {
            "dealer": "d-1",
            "onboarded_on": day("2024-01-10"),
            "term_days": 30,
            "forecast_monthly_sales": Decimal("100000"),
            "surveys": (cls.survey(),),
        } | others
        return DealerFacts(entries=tuple(entries), **facts)

    @classmethod
    def monthly(cls, first: str, amounts: list[str]) -> list[Invoice]:
        """An invoice on the 5th of each month from `first` (YYYY-MM) on."""
        year, month = map(int, first.split("-"))
        months = [divmod(year * 12 + month - 1 + n, 12) for n in range(len(amounts))]
        return [
            cls.invoice(f"{y}-{m + 1:02}", amount, f"{y}-{m + 1:02}-05")
            for (y, m), amount in zip(months, amounts, strict=True)
        ]


@pytest.fixture(scope="session")
def book() -> type[Book]:
    return Book


@pytest.fixture(scope="session")
def policy_content() -> Callable[[], dict[str, Any]]:
    """The default policy's content, a fresh copy a call."""
    text = files("credit_rating").joinpath("policies/credit-2026-01.json").read_text("utf-8")
    return lambda: dict(json.loads(text))


@pytest.fixture(scope="session")
def policy(policy_content: Callable[[], dict[str, Any]]) -> CreditPolicy:
    return CreditPolicy.read(policy_content())
