"""Ledgers measured as columns measure what the rule does, for entries of every kind, at any date and cut."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_rating.domain.calendar_window import month_of
from credit_rating.domain.entries import LedgerEntry
from credit_rating.domain.figures import FigureRules, figures, nothing, together
from credit_rating.domain.figures_of_usual import FiguresOfUsual
from credit_rating.domain.measures import ByRule, Measures
from credit_rating.domain.policy.provision import ProvisionRule
from credit_rating.evidence import entries_of
from credit_rating.usual_ledgers import Ledgers, ledgers_of
from rules.ageing import AgeBy

COLUMNS = (
    "partition", "sequence", "event", "dealer", "kind", "origin", "number", "amount", "dated", "due_on", "method",
    "term_days", "order_number", "invoice", "allocations", "outcome", "reversed", "allocates",
)  # fmt: skip
TABLE = """
create temporary table ledger_entry (partition smallint, sequence bigint, event uuid, dealer uuid, kind text,
    origin text, number text, amount numeric, dated date, due_on date, method text, term_days integer,
    order_number text, invoice text, allocations jsonb, outcome text, reversed uuid, allocates uuid)
"""
FIRST = date(2026, 1, 20)
AS_OF = FIRST + timedelta(days=60)
METHODS = ["credit", "prepaid", "cash", "bank_acceptance", "commercial_acceptance"]
Row = dict[str, Any]

days = st.integers(0, 75).map(lambda n: FIRST + timedelta(days=n))
few_days = st.sampled_from([FIRST, FIRST + timedelta(days=9), FIRST + timedelta(days=30), AS_OF])
amounts = st.integers(1, 12).map(lambda n: Decimal(n * 25).scaleb(-2))
numbers = st.sampled_from(["1", "2", "3", "4", "5"])
document = {"origin": st.sampled_from(["erp", "erp", "bank"]), "number": numbers}


def allocation(invoice: str, amount: Decimal | None) -> dict[str, Any]:
    return {"invoice": invoice, "amount": None if amount is None else str(amount)}


one_name = st.builds(allocation, numbers, st.none() | amounts).map(lambda named: [named])
names = st.just([]) | one_name | one_name | st.lists(st.builds(allocation, numbers, st.none() | amounts), max_size=2)
money = {"amount": amounts, "dated": days | few_days}
invoices = st.fixed_dictionaries(
    {"kind": st.just("invoice"), **document, **money, "due_on": days | few_days, "method": st.sampled_from(METHODS),
     "term_days": st.sampled_from([0, 30, 60])}
)  # fmt: skip
payments = st.fixed_dictionaries({"kind": st.just("payment"), **document, **money, "allocations": names})
notes = st.fixed_dictionaries({"kind": st.just("credit_note"), **document, **money, "invoice": st.none() | numbers})
others = st.one_of(
    st.fixed_dictionaries({"kind": st.sampled_from(["bounce", "dishonour"]), **document, "dated": days}),
    st.fixed_dictionaries({"kind": st.sampled_from(["dispute", "recovery"]), **document, **money}),
    st.fixed_dictionaries({"kind": st.just("write_off"), **document, **money, "invoice": numbers}),
    st.fixed_dictionaries(
        {"kind": st.just("allocation"), **document, "dated": days, "allocations": one_name,
         "allocates": st.integers(0, 30).map(lambda n: UUID(int=n))}
    ),
    st.fixed_dictionaries({"kind": st.just("settlement"), **document, "dated": days, "outcome": st.just("upheld")}),
    st.fixed_dictionaries(
        {"kind": st.just("reversal"), **document, "reversed": st.integers(0, 30).map(lambda n: UUID(int=n))}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("bill"), **document, **money, "due_on": days, "method": st.just("bank_acceptance"),
         "allocations": names}
    ),
)  # fmt: skip
usual = st.lists(
    invoices | payments | payments | notes,
    max_size=16,
    unique_by=lambda row: row["number"] if row["kind"] == "invoice" else id(row),
)
ledgers = usual | usual | usual | st.lists(invoices | payments | notes | others, max_size=12)


class Book:
    """A table of ledgers on a real PostgreSQL."""

    def __init__(self, runner: asyncio.Runner, connection: Any) -> None:
        self._runner, self._connection, self.dealers = runner, connection, list[UUID]()

    def file(self, written: Sequence[Sequence[Mapping[str, Any]]]) -> None:
        """These ledgers and no other; the event of an entry is its place among all."""
        rows, self.dealers = [], [UUID(int=number) for number in range(len(written))]
        for dealer, ledger in zip(self.dealers, written, strict=True):
            for entry in ledger:
                place = len(rows) + 1
                row = {"partition": place % 2, "sequence": place, "event": UUID(int=place), "dealer": dealer} | dict(
                    entry
                )
                row["allocations"] = json.dumps(entry["allocations"]) if "allocations" in entry else None
                rows.append(tuple(row.get(column) for column in COLUMNS))
        self._runner.run(self._connection.execute("truncate ledger_entry"))
        self._runner.run(self._connection.copy_records_to_table("ledger_entry", records=rows))

    def entries(self, cut: Any) -> dict[UUID, list[LedgerEntry]]:
        """The ledgers whole."""
        return self._runner.run(entries_of(self._connection, self.dealers, {"credit-rating": cut}))

    def measured(self, cut: Any, as_of: date) -> tuple[Ledgers, dict[UUID, ByRule]]:
        """As columns, and by the rule."""
        known = {"credit-rating": cut}
        read = self._runner.run(ledgers_of(self._connection, self.dealers, known, as_of))
        entries = self.entries(cut)
        return read, {dealer: ByRule(entries.get(dealer, []), as_of) for dealer in self.dealers}


def measures(ledger: Measures, as_of: date) -> list[Any]:
    """Everything that can be asked of a ledger, in windows of every length."""
    months = range(month_of(FIRST) - 1, month_of(AS_OF) + 2)
    windows = [(first, last) for first in months for last in months if first <= last]
    some = [FIRST + timedelta(days=n) for n in (0, 9, 10, 31)]
    return [
        ledger.has_traded,
        ledger.first_invoice_on,
        ledger.anything_due,
        [ledger.in_months(range(first, last + 1)) for first, last in windows],
        [ledger.between(first, as_of) for first in some],
        [ledger.terms_agreed(range(first, last + 1), days) for first, last in windows for days in (0, 30, 45)],
        [ledger.record_since(first) for first in some],
        [ledger.all_on_time(first, last) for first, last in windows],
    ]


@pytest.fixture(scope="module")
def book(stack: Any) -> Iterator[Book]:
    """One table for the module."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(stack.admin_url))
        runner.run(connection.execute(TABLE))
        yield Book(runner, connection)
        runner.run(connection.close())


cuts = st.just({0: 10**6, 1: 10**6}) | st.fixed_dictionaries({0: st.integers(0, 40), 1: st.integers(0, 40)})


@settings(deadline=None, max_examples=200)
@given(st.lists(ledgers, min_size=1, max_size=6), days | st.just(AS_OF), cuts)
def test_any_ledger_measures_what_the_rule_does_at_any_date_and_cut(book, written, as_of, cut):
    book.file(written)
    read, by_rule = book.measured(cut, as_of)
    assert sorted([*read.usual, *read.unusual]) == book.dealers
    for dealer, ledger in read.usual.items():
        assert measures(ledger, as_of) == measures(by_rule[dealer], as_of)


SHARES = (Decimal(0), Decimal("0.005"), Decimal("0.125"), Decimal(1))
RULES = [FigureRules((0, 5, 30), by, ProvisionRule(limits=(0, 10, 45), shares=SHARES)) for by in get_args(AgeBy)]


@settings(deadline=None, max_examples=150)
@given(st.lists(usual, min_size=1, max_size=6), days | st.just(AS_OF), cuts, st.sampled_from(RULES))
def test_the_figures_of_usual_ledgers_together_are_those_of_the_rule_to_the_cent(book, written, as_of, cut, rules):
    book.file(written)
    read, _ = book.measured(cut, as_of)
    entries, sums, said = book.entries(cut), FiguresOfUsual(as_of, rules), nothing(rules)
    for dealer, ledger in read.usual.items():
        sums.add(ledger)
        said = together(said, figures(entries.get(dealer, []), as_of, rules))
    assert sums.figures == said


def entry(kind: str, number: str, amount: str | None, day: int, **others: Any) -> Row:
    dated = FIRST + timedelta(days=day)
    money = {"amount": None if amount is None else Decimal(amount), "dated": dated}
    of_kind: dict[str, Row] = {
        "invoice": {"due_on": dated + timedelta(days=30), "method": "credit", "term_days": 30},
        "payment": {"allocations": []},
    }
    return {"kind": kind, "origin": "erp", "number": number, **money, **of_kind.get(kind, {}), **others}


TWO = [entry("invoice", "A", "100.00", 0), entry("invoice", "B", "60.50", 3)]
USUAL = {
    "nothing": [],
    "oldest first": [*TWO, entry("payment", "P", "120.25", 40)],
    "a payment that names its invoice": [*TWO, entry("payment", "P", "70", 20, allocations=[allocation("B", None)])],
    "a part named": [*TWO, entry("payment", "P", "70", 20, allocations=[allocation("B", Decimal("10.5"))])],
    "a name not known yet": [*TWO, entry("payment", "P", "70", 20, allocations=[allocation("X", Decimal(9))])],
    "a credit note": [*TWO, entry("credit_note", "K", "70", 20, invoice="A"), entry("payment", "P", "70", 21)],
    "what comes later": [*TWO, entry("invoice", "C", "1", 61), entry("payment", "P", "9", 61)],
    "money for what was written off": [*TWO, entry("recovery", "R", "5", 20)],
}
UNUSUAL = {
    "several names": [*TWO, entry("payment", "P", "9", 20, allocations=[allocation("B", None), allocation("A", None)])],
    "a part of a cent": [*TWO, entry("payment", "P", "9.999", 20)],
    "a number that two invoices bear": [*TWO, entry("invoice", "A", "1", 9, origin="old")],
    "a credit note of the day of a payment": [*TWO, entry("payment", "P", "9", 20), entry("credit_note", "K", "9", 20)],
    "a bill": [entry("bill", "W", "9", 20, due_on=AS_OF, method="bank_acceptance", allocations=[])],
    "what came back": [*TWO, entry("bounce", "P", None, 20)],
    "what comes back later": [*TWO, entry("bounce", "P", None, 90)],
    "money allocated later": [
        *TWO,
        entry("payment", "P", "9", 20),
        entry("allocation", "P", None, 21, allocations=[allocation("B", Decimal(9))], allocates=UUID(int=3)),
    ],
    "a dispute": [*TWO, entry("dispute", "A", "9", 20)],
    "an invoice given up": [*TWO, entry("write_off", "W", "9", 20, invoice="A")],
    "an entry taken back": [*TWO, entry("reversal", "R", None, 0, reversed=UUID(int=1)) | {"dated": None}],
}


@pytest.mark.parametrize("ledger", USUAL.values(), ids=USUAL)
def test_what_is_usual_is_measured_as_columns(book, ledger):
    book.file([ledger])
    read, by_rule = book.measured({0: 100, 1: 100}, AS_OF)
    assert read.unusual == []
    assert measures(read.usual[UUID(int=0)], AS_OF) == measures(by_rule[UUID(int=0)], AS_OF)


@pytest.mark.parametrize("ledger", UNUSUAL.values(), ids=UNUSUAL)
def test_what_only_the_rule_can_place_is_left_to_it_for_that_dealer_alone(book, ledger):
    book.file([ledger, TWO])
    read, _ = book.measured({0: 100, 1: 100}, AS_OF)
    assert read.unusual == [UUID(int=0)] and list(read.usual) == [UUID(int=1)]
