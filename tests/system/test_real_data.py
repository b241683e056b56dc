"""Both Online Retail years and the invoices file through running services in pounds: every figure of data/README.md.

What the 2010-11 file repeats of the first is counted as docs/adr/0005 explains.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
import xlsxwriter
from installed import installed, territory

from dealerlog import importing
from dealerlog.client import AUDITOR, Api
from dealerlog.fleet import MEMBERS, Fleet
from dealerlog.importing import Onboarding
from dealerlog.readmodel import opened
from dealerlog.standing import settled

DATA = Path(os.environ.get("DEALERLOG_DATA", Path(__file__).parents[3] / "shared" / "data"))
FIRST, SECOND = DATA / "online-retail-2009-10.parquet", DATA / "online-retail-2010-11.parquet"
INVOICES = DATA / "invoices-2012-13.csv"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not FIRST.exists(), reason=f"the full files are not at {DATA} (DEALERLOG_DATA)"),
]
NAMES = ("customer-registry", "credit-rating", "tiering")
UK = Onboarding(territory="UK-1", approver="head", reviewer="reviewer")
CLOSE_OF_2012 = date(2012, 12, 31)
SLICE = 3000


class Loaded(NamedTuple):
    """The fleet, the report of each file, and what the sale lines came to after each year."""

    fleet: Fleet
    reports: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]


async def bring(api: Api, file: Path, profile: str) -> dict[str, Any]:
    """Onboard who is named and import the file."""
    known = importing.profile_named(profile)
    await importing.onboard(api, file, known, UK)
    return await importing.send(api, file, known)


@pytest.fixture(scope="module")
def loaded() -> Iterator[Loaded]:
    """Three services in pounds with the three files in them, one after another."""
    with installed("pounds", names=NAMES, currency="GBP") as (_, fleet):
        yield asyncio.run(_load(fleet))


async def _load(fleet: Fleet) -> Loaded:
    reports, after = {}, {}
    async with Api(fleet) as api:
        await territory(api, code=UK.territory, region="UK")
        for file, profile in ((FIRST, "online-retail-2009-10"), (SECOND, "online-retail-2010-11"),
                              (INVOICES, "invoices-2012-13")):  # fmt: skip
            reports[profile] = await bring(api, file, profile)
            await settled(fleet, 900)
            after[profile] = await one(fleet, "tiering", SALES)
    return Loaded(fleet, reports, after)


SALES = """
select count(*) filter (where kind = 'sale') as sales, sum(amount) filter (where kind = 'sale') as sales_amount,
    count(*) filter (where kind = 'return') as returns, count(distinct dealer) as customers,
    count(*) filter (where unit_price = 0) as of_price_0,
    count(*) filter (where unit_price <> round(unit_price, 2)) as of_odd_price,
    count(distinct dealer) - count(distinct dealer) filter (where kind = 'sale') as returning_only
from {schema}.sale_line
"""
OF_INVOICES = """
select count(*) as sales, sum(amount) as sales_amount, count(distinct dealer) as customers,
    count(*) filter (where unit_price = 0) as of_price_0
from {schema}.sale_line where kind = 'sale' and invoice = any($1)
"""
DEALERS = "select count(*) as dealers, count(distinct country) as countries from {schema}.dealer where code is not null"
LEDGER = """
select count(*) filter (where kind = 'invoice') as invoices, count(distinct dealer) as customers,
    count(*) filter (where kind = 'invoice' and term_days <> 30) as other_terms,
    count(*) filter (where kind = 'dispute') as disputed, count(*) filter (where kind = 'payment') as payments
from {schema}.ledger_entry
"""
LATE = """
select round(100.0 * count(*) filter (where p.dated > i.due_on) / count(*), 1) as percent
from {schema}.ledger_entry i
join {schema}.ledger_entry p on p.kind = 'payment' and p.allocations -> 0 ->> 'invoice' = i.number
where i.kind = 'invoice'
"""


async def one(fleet: Fleet, service: str, query: str, *arguments: Any) -> dict[str, Any]:
    """One row of a service's tables."""
    async with opened(fleet, MEMBERS[service]) as inside:
        schema = await inside.pool.fetchval("select schema from projection.generation")
        return dict(await inside.pool.fetchrow(query.format(schema=schema), *arguments))


def test_every_row_has_its_verdict(loaded: Loaded) -> None:
    found = {name: (r["accepted"], r["duplicates"], r["rejected"]) for name, r in loaded.reports.items()}
    assert found == {
        "online-retail-2009-10": (407_695 + 9_839, 0, 107_927),
        "online-retail-2010-11": (397_924 - 14_505, 14_505, 133_358),
        "invoices-2012-13": (2_466, 0, 0),
    }


def test_the_first_year_comes_to_the_figures_that_were_counted_independently(loaded: Loaded) -> None:
    assert loaded.after["online-retail-2009-10"] == {
        "sales": 407_695, "sales_amount": Decimal("8832003.274"), "returns": 9_839, "customers": 4_383,
        "of_price_0": 31, "of_odd_price": 14, "returning_only": 69,
    }  # fmt: skip


def test_both_years_together_have_5942_customers_and_no_line_twice(loaded: Loaded) -> None:
    both = loaded.after["online-retail-2010-11"]
    assert (both["sales"], both["returns"], both["customers"]) == (407_695 + 397_924 - 14_505, 9_839, 5_942)


def test_the_second_year_comes_to_its_figures_wherever_its_lines_were_first_seen(loaded: Loaded) -> None:
    frame = pl.read_parquet(SECOND).filter(pl.col("CustomerID") != 0)
    invoices = frame["InvoiceNo"].cast(pl.Utf8).unique().to_list()
    found = asyncio.run(one(loaded.fleet, "tiering", OF_INVOICES, invoices))
    assert found == {
        "sales": 397_924, "sales_amount": Decimal("8911407.904"), "customers": 4_339, "of_price_0": 40,
    }  # fmt: skip


def test_the_invoices_come_to_the_figures_that_were_counted_independently(loaded: Loaded) -> None:
    found = asyncio.run(one(loaded.fleet, "credit-rating", LEDGER))
    assert found == {"invoices": 2_466, "customers": 100, "other_terms": 0, "disputed": 561, "payments": 2_466}
    assert asyncio.run(one(loaded.fleet, "credit-rating", LATE)) == {"percent": Decimal("35.6")}


def test_open_amounts_at_the_end_of_2012_are_right_although_everything_is_settled_today(loaded: Loaded) -> None:
    owed, ageing, today = asyncio.run(_receivables(loaded.fleet))
    assert len(owed) == 99 and sum(owed) == Decimal("5725.06")
    assert Decimal(ageing["totals"]["balance"]) == Decimal("5725.06")
    assert sum(Decimal(each["amount"]) for each in ageing["totals"]["columns"]) == Decimal("5725.06")
    assert Decimal(today["totals"]["balance"]) == 0


async def _receivables(fleet: Fleet) -> tuple[list[Decimal], dict[str, Any], dict[str, Any]]:
    async with Api(fleet) as api:
        asked: dict[str, str] = {"as_of": CLOSE_OF_2012.isoformat()}
        ageing = await api.get("credit-rating", "/receivables/ageing", AUDITOR, **asked)
        today = await api.get("credit-rating", "/receivables/ageing", AUDITOR, as_of="2014-12-31")
        async with opened(fleet, MEMBERS["credit-rating"]) as inside:
            schema = await inside.pool.fetchval("select schema from projection.generation")
            dealers = [row[0] for row in await inside.pool.fetch(f"select distinct dealer from {schema}.ledger_entry")]
        views = [await api.get("credit-rating", f"/dealers/{each}/receivables", AUDITOR, **asked) for each in dealers]
    return [Decimal(item["open"]) for view in views for item in view["open_items"]], ageing, today


def test_loading_again_changes_nothing_whatever_the_order_the_parts_and_the_format(
    loaded: Loaded, tmp_path: Path
) -> None:
    parts = whole_and_parts().items()
    variants = {file: profile for profile, frame in parts for file in forms(tmp_path, profile, frame)}
    whole = tmp_path / "whole-year-permuted.parquet"
    pl.read_parquet(FIRST).sample(fraction=1.0, shuffle=True, seed=11).write_parquet(whole)
    variants |= {whole: "online-retail-2009-10", INVOICES: "invoices-2012-13"}
    before = asyncio.run(_digests(loaded.fleet))
    accepted, duplicates = asyncio.run(_again(loaded.fleet, variants))
    assert accepted == dict.fromkeys(variants, 0)
    assert all(duplicates.values())
    assert asyncio.run(_digests(loaded.fleet)) == before


def whole_and_parts() -> dict[str, pl.DataFrame]:
    """Three thousand rows of each year, and every invoice, by profile."""
    return {
        "online-retail-2009-10": pl.read_parquet(FIRST).slice(200_000, SLICE),
        "online-retail-2010-11": pl.read_parquet(SECOND).slice(300_000, SLICE),
        "invoices-2012-13": pl.read_csv(INVOICES, infer_schema=False),
    }


def forms(folder: Path, profile: str, frame: pl.DataFrame) -> list[Path]:
    """The same rows as they are, permuted, in two parts, as CSV, XLSX and Parquet."""
    into = folder / profile
    into.mkdir()
    frame.write_parquet(into / "same.parquet")
    frame.sample(fraction=1.0, shuffle=True, seed=7).write_parquet(into / "permuted.parquet")
    frame.slice(0, len(frame) // 3).write_parquet(into / "part-1.parquet")
    frame.slice(len(frame) // 3).write_parquet(into / "part-2.parquet")
    frame.write_csv(into / "same.csv")
    with xlsxwriter.Workbook(str(into / "same.xlsx")) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate([tuple(frame.columns), *frame.rows()]):
            sheet.write_row(n, 0, row)
    return sorted(into.iterdir())


async def _again(fleet: Fleet, files: dict[Path, str]) -> tuple[dict[Path, int], dict[Path, int]]:
    accepted, duplicates = {}, {}
    async with Api(fleet) as api:
        for file, profile in files.items():
            report = await bring(api, file, profile)
            accepted[file], duplicates[file] = report["accepted"], report["duplicates"]
    return accepted, duplicates


async def _digests(fleet: Fleet) -> dict[str, Any]:
    """Every table of facts and dealers; imports list themselves, so theirs is left out."""
    await settled(fleet, 300)
    found = {}
    for each in fleet.members:
        async with opened(fleet, each) as inside:
            tables = await inside.digests()
        found |= {(each.name, name): digest for name, digest in tables.items() if name != "file_import"}
    return found


def test_every_dealer_of_the_files_is_in_the_registry_once(loaded: Loaded) -> None:
    found = asyncio.run(one(loaded.fleet, "customer-registry", DEALERS))
    assert found["dealers"] == 5_942 + 100
    assert found["countries"] >= 5
