"""The rules on real data: both years of Online Retail II (UCI, CC BY 4.0), counted independently from the raw files."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path

import polars as pl
import pytest

from tiering.domain.abc import Cuts
from tiering.domain.classify import classify_sums
from tiering.domain.exact import EXACT, NOTHING
from tiering.domain.sale_line import EqualLines, SaleLine

DATA = Path(__file__).parents[5] / "shared" / "data"
YEARS = {
    "2009-10": ["Invoice", "StockCode", "Quantity", "Price", "Customer ID"],
    "2010-11": ["InvoiceNo", "StockCode", "Quantity", "UnitPrice", "CustomerID"],
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real data of ../shared/data is not on this machine"),
]


@dataclass
class Year:
    """One file, read line by line: a hash of every line's identity, and the sums of those that have a customer."""

    counts: Counter[str] = field(default_factory=Counter)
    accepted: dict[bytes, str] = field(default_factory=dict)
    every: dict[bytes, str] = field(default_factory=dict)
    gross: dict[int, Decimal] = field(default_factory=dict)
    net: dict[int, Decimal] = field(default_factory=dict)


def rows(year: str) -> Iterator[tuple[str, str, int, float, float | None]]:
    names = YEARS[year]
    frame = pl.read_parquet(DATA / f"online-retail-{year}.parquet", columns=names)
    return frame.select(pl.col(names[0]).cast(pl.String), *names[1:]).iter_rows()


def read(year: str) -> Year:
    seen, equal = Year(), EqualLines()
    for invoice, product, quantity, price, customer in rows(year):
        line = SaleLine("retail", invoice, product, Decimal(quantity), Decimal(repr(price)))
        parts = line.identity(equal.number(line))
        identity = blake2b("\x1f".join(parts).encode(), digest_size=16).digest()
        seen.every[identity] = invoice
        if not customer:
            seen.counts["rejected"] += 1
            continue
        seen.accepted[identity] = invoice
        seen.counts["returned" if invoice.startswith("C") else "sold"] += 1
        seen.counts["free"] += price == 0
        amount, dealer = EXACT.multiply(line.quantity, line.unit_price), int(customer)
        seen.net[dealer] = EXACT.add(seen.net.get(dealer, NOTHING), amount)
        seen.gross[dealer] = EXACT.add(seen.gross.get(dealer, NOTHING), max(amount, NOTHING))
    return seen


@pytest.fixture(scope="module")
def first() -> Year:
    return read("2009-10")


@pytest.fixture(scope="module")
def second() -> Year:
    return read("2010-11")


def test_the_first_year_has_its_figures_to_the_last_decimal(first):
    assert first.counts == {"sold": 407_695, "returned": 9_839, "rejected": 107_927, "free": 31}
    assert sum(first.gross.values()) == Decimal("8832003.274")
    assert len(first.net) == 4_383
    assert len(first.accepted) == 407_695 + 9_839


def test_69_customers_of_the_first_year_have_returns_only_and_are_ranked_as_c(first):
    ranking = classify_sums(first.net, {}, Cuts())
    only_returned = {row.dealer for row in ranking.rows if first.gross[row.dealer] == 0}
    assert len([dealer for dealer in only_returned if first.net[dealer] < 0]) == 69
    assert {row.abc for row in ranking.rows if row.measure <= 0} == {"C"}


def test_the_second_year_has_its_figures_to_the_last_decimal(second):
    assert second.counts == {"sold": 397_924, "rejected": 133_358, "free": 40}
    assert sum(second.gross.values()) == Decimal("8911407.904")
    assert len(second.net) == 4_339
    assert len(second.accepted) == 397_924


def test_lines_of_both_files_are_recognised_whatever_their_order(first, second):
    repeated = first.every.keys() & second.every.keys()
    assert len(repeated) == 22_130
    assert len({second.every[identity] for identity in repeated}) == 888
    assert len(first.net.keys() | second.net.keys()) == 5_942


def test_of_the_repeated_lines_14505_have_a_customer_and_are_duplicates_the_others_are_rejected(first, second):
    repeated = first.accepted.keys() & second.accepted.keys()
    assert len(repeated) == 14_505
    assert len({second.accepted[identity] for identity in repeated}) == 776


def test_a_few_customers_make_80_percent_of_the_sales(first):
    ranking = classify_sums({str(dealer): net for dealer, net in first.net.items()}, {}, Cuts())
    letters = Counter(row.abc for row in ranking.rows)
    core = sum(row.measure for row in ranking.rows if row.abc == "A")
    assert ranking.population == 4_383
    assert letters.total() == 4_383
    assert letters["A"] * 100 < 30 * ranking.population
    last_a = ranking.rows[letters["A"] - 1]
    assert core >= ranking.total * 80 / 100 > core - last_a.measure
