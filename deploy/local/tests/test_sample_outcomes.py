"""The sample network sets facts; the published rules, run over them, make every grade and class of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import pytest

from credit_rating.domain.facts import DealerFacts
from credit_rating.domain.facts import Survey as SurveyFact
from credit_rating.domain.ledger_facts import entry_of
from credit_rating.domain.policy import CreditPolicy
from credit_rating.domain.rating import NotRated, Occasion, Rated, rate
from credit_rating.domain.receivables import receivables
from dealerlog.sample.calendar import LAST_DAY
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.network import Network, network
from dealerlog.sample.requests import answer_survey
from dealerlog.sample.rows import ledger_row, sales_rows, stock_row
from events import (
    BillDishonoured,
    BillReceived,
    CreditNoteIssued,
    DisputeSettled,
    Event,
    InventoryReported,
    InvoiceDisputed,
    InvoiceIssued,
    PaymentBounced,
    PaymentReceived,
    ReceivableWrittenOff,
    SurveyAnswered,
    WrittenOffRecovered,
)
from rules.policy import reference
from tiering.domain.abc import Cuts, Measured, Ranking, rank
from tiering.domain.inventory import ReportInventory, inventory_fact
from tiering.domain.measures import Line, measures
from tiering.domain.sale import RecordSale, ReturnSale, sales_fact
from tiering.domain.windows import last_full_months

KINDS: dict[str, type[Event]] = {
    "invoice": InvoiceIssued,
    "payment": PaymentReceived,
    "bounce": PaymentBounced,
    "bill": BillReceived,
    "dishonour": BillDishonoured,
    "write_off": ReceivableWrittenOff,
    "recovery": WrittenOffRecovered,
    "credit_note": CreditNoteIssued,
    "dispute": InvoiceDisputed,
    "dispute_settled": DisputeSettled,
}


class Outcome(NamedTuple):
    dealer: Dealer
    rated: Rated | NotRated
    balance: Decimal


@pytest.fixture(scope="module")
def sample() -> Network:
    return network()


@pytest.fixture(scope="module")
def outcomes(sample: Network) -> list[Outcome]:
    return _rated(sample)


@pytest.fixture(scope="module")
def classes(sample: Network) -> Ranking:
    return _classified(sample)


def test_every_credit_grade_occurs_and_none_is_rare_or_rules(outcomes: list[Outcome]) -> None:
    shares = _shares(Counter(o.rated.grade.grade for o in outcomes if isinstance(o.rated, Rated)))
    assert set(shares) == {1, 2, 3, 4, 5}
    assert min(shares.values()) >= 2
    assert max(shares.values()) <= 45


def test_only_dealers_whose_survey_slipped_are_left_out_of_a_rating(outcomes: list[Outcome]) -> None:
    left_out = [o.rated.reason for o in outcomes if isinstance(o.rated, NotRated)]
    assert 0 < len(left_out) < len(outcomes) * 5 // 100


def test_a_fifth_to_a_third_of_the_dealers_are_class_a_and_every_class_occurs(classes: Ranking) -> None:
    shares = _shares(Counter(row.abc for row in classes.rows))
    assert set(shares) == {"A", "B", "C"}
    assert 18 <= shares["A"] <= 30
    assert shares["B"] < shares["C"]


def test_some_dealers_bought_nothing_and_stay_unclassified(sample: Network, classes: Ranking) -> None:
    assert 5 <= len(sample.dealers) - classes.population <= 30


def test_most_dealers_with_a_limit_are_within_it_and_some_are_not(outcomes: list[Outcome]) -> None:
    limited = [(o.balance, o.rated.limit.limit) for o in outcomes if isinstance(o.rated, Rated) and o.rated.limit.limit]
    over = sum(balance > limit for balance, limit in limited)
    assert len(limited) >= 100
    assert len(limited) * 5 // 100 <= over <= len(limited) * 35 // 100


def test_every_kind_of_ledger_entry_occurs_and_setbacks_are_few(sample: Network) -> None:
    kinds = Counter(ledger_row(entry)["kind"] for entry in sample.entries)
    assert set(kinds) == set(KINDS)
    few = ("bounce", "bill", "dishonour", "write_off", "recovery")
    assert sum(kinds[kind] for kind in few) < kinds["payment"] * 8 // 100


def test_every_grade_of_credit_indicator_is_met_by_someone(outcomes: list[Outcome]) -> None:
    met = {
        (name, indicator.grade)
        for o in outcomes
        if isinstance(o.rated, Rated)
        for name, indicator in o.rated.grade.indicators.items()
    }
    missing = {(name, letter) for name, _ in met for letter in "ABC"} - met
    assert {name for name, _ in missing} <= {"goods_flow", "flow_of_goods", "flow"}, missing


def test_a_few_agents_report_each_month_end_what_they_hold_of_ours(sample: Network) -> None:
    agents = [d.number for d in sample.dealers if d.cooperation == "agent"]
    assert 4 <= len(agents) <= 20
    held: Counter[str] = Counter()
    for report in sample.stock:
        row = stock_row(report) | {"dealer": _id(report.dealer.number)}
        event = inventory_fact(ReportInventory.model_validate(row), currency="CNY", today=LAST_DAY).event
        assert isinstance(event, InventoryReported) and event.as_of <= LAST_DAY
        held[report.dealer.number] += event.consigned_value > 0
    assert set(held) == set(agents) and sum(count >= 2 for count in held.values()) >= len(agents) // 2


def _rated(sample: Network) -> list[Outcome]:
    content = json.loads(files("credit_rating").joinpath("policies", "credit-2026-01.json").read_bytes())
    policy = CreditPolicy.read(content)
    occasion = Occasion(_id("run"), LAST_DAY, {}, reference(content), "director")
    out: list[Outcome] = []
    ledgers: dict[str, list[Any]] = {d.number: [] for d in sample.dealers}
    for n, entry in enumerate(sample.entries):
        row = ledger_row(entry)
        event = KINDS[row["kind"]].model_validate(row)
        ledgers[row["dealer"]["number"]].append(entry_of(event, _id(f"entry {n}")))
    surveys: dict[str, list[SurveyFact]] = {d.number: [] for d in sample.dealers}
    for survey in sample.surveys:
        answered = SurveyAnswered.model_validate({**(answer_survey(survey).body or {}), "by": "someone"})
        surveys[survey.dealer.number].append(
            SurveyFact(**{f: getattr(answered, f) for f in SurveyFact.__struct_fields__})
        )
    for dealer in sample.dealers:
        facts = DealerFacts(
            dealer=_id(dealer.number),
            onboarded_on=dealer.joined,
            term_days=dealer.terms.term_days,
            forecast_monthly_sales=Decimal(dealer.forecast),
            surveys=tuple(surveys[dealer.number]),
            entries=tuple(ledgers[dealer.number]),
        )
        rated = rate(facts, policy=policy, occasion=occasion, previous_grade=None)
        out.append(Outcome(dealer, rated, receivables(facts.entries, LAST_DAY).balance))
    return out


def _classified(sample: Network) -> Ranking:
    lines: list[Line] = []
    for item in [*sample.deliveries, *sample.returns]:
        for row in sales_rows(item):
            lines.append(_line(row, f"line {len(lines)}"))
    sums = measures(lines, last_full_months(LAST_DAY), "net_sales")
    return rank([Measured(dealer, dealer, amount) for dealer, amount in sums.items()], Cuts())


def _line(row: Mapping[str, Any], id: str) -> Line:
    command = (ReturnSale if row["kind"] == "return" else RecordSale).model_validate(
        {**{k: v for k, v in row.items() if k != "kind"}, "dealer": _id(row["dealer"]["number"])}
    )
    event = sales_fact(command, currency="CNY", today=date(2026, 6, 30)).event
    return Line(_id(id), command.dealer, event.amount, event.sold_on, row["kind"] == "return")


def _shares(counts: Counter[Any]) -> dict[Any, int]:
    total = sum(counts.values())
    return {name: 100 * n // total for name, n in counts.items()}


def _id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))
