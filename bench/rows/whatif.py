"""What if: dealers rated anew under another policy. Only the rule is there yet; the simulation's page is not built."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from bench.measuring import Aim, Row, in_turns
from bench.sizes import Size
from credit_rating.domain.facts import DealerFacts, Survey
from credit_rating.domain.policy import CreditPolicy
from credit_rating.domain.rating import Occasion, rate
from credit_rating.published_policies import POLICIES
from dealerlog.addresses import Addresses
from events.types.shapes import PolicyRef
from rules.entries import Invoice, LedgerEntry, Payment

AS_OF = date(2026, 6, 30)
ENTRIES = 24


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """Grade and limit from the ledger, as a rating run gives them."""
    dealers = size.dealers // 100
    facts = [facts_of(number) for number in range(dealers)]
    policy = CreditPolicy.read(POLICIES.shipped())
    reference = PolicyRef(name="credit", version=1, hash="0" * 64)
    occasion = Occasion(str(UUID(int=1)), AS_OF, {"credit-rating": {"0": 1}}, reference, "director")

    async def ours() -> float:
        started = time.perf_counter()
        for each in facts:
            rate(each, policy=policy, occasion=occasion, previous_grade=None)
        return (time.perf_counter() - started) * 100_000 / dealers

    reached = await in_turns({"ours": ours}, size.rounds)
    yield Row(
        "what-if over 100,000 dealers: the rule alone, one process", "s", reached["ours"],
        aims=(Aim(10, "ours", at_least=False),),
        note=f"scaled from {dealers:,} dealers of {ENTRIES} entries; reading them and comparing is not built",
    )  # fmt: skip


def facts_of(number: int) -> DealerFacts:
    """A dealer with two years of invoices, most of them paid."""
    chance = random.Random(number)
    entries: list[LedgerEntry] = []
    for place in range(ENTRIES // 2):
        day, amount = (
            AS_OF - timedelta(days=60 * place + chance.randrange(30)),
            Decimal(chance.randrange(10_000, 900_000)) / 100,
        )
        entries.append(invoice(f"{number}-{place}", day, amount))
        paid = min(AS_OF, day + timedelta(days=20 + chance.randrange(40)))
        entries.append(payment(f"{number}-{place}", paid, amount))
    survey = Survey(
        surveyed_on=date(2026, 3, 1), annual_turnover=Decimal("5000000"), nature="company", licences="complete_valid",
        premises="local_leased", founded_on=date(2010, 1, 1),
    )  # fmt: skip
    return DealerFacts(
        dealer=str(UUID(int=number)), onboarded_on=date(2024, 1, 1), term_days=30,
        forecast_monthly_sales=Decimal("10000"), surveys=(survey,), entries=tuple(entries),
    )  # fmt: skip


def invoice(number: str, day: date, amount: Decimal) -> Invoice:
    """On thirty days."""
    return Invoice(id=f"i{number}", source="erp", number=number, amount=amount, issued_on=day,
                   due_on=day + timedelta(days=30), method="credit", term_days=30)  # fmt: skip


def payment(number: str, day: date, amount: Decimal) -> Payment:
    """For the oldest."""
    return Payment(id=f"p{number}", source="erp", number=number, amount=amount, received_on=day)
