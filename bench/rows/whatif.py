"""Every dealer of a company at once, reading included, by the API: a policy tried over all, and their figures."""

from __future__ import annotations

import json
import random
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from bench.measuring import Aim, Row, in_turns
from bench.rows.rebuild import live
from bench.serving import HEAD, Serving, serving
from bench.sizes import Size
from bench.stack import service
from credit_rating.published_policies import POLICIES
from dealerlog.addresses import Addresses
from eventlog import generations
from eventlog.database import connect_pool

AS_OF = date(2026, 6, 30)
ENTRIES = 24
SURVEYED = {
    "surveyed_on": date(2026, 3, 1), "annual_turnover": Decimal("5000000"), "nature": "company",
    "licences": "complete_valid", "premises": "local_leased", "founded_on": date(2010, 1, 1),
}  # fmt: skip


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """100,000 dealers unless `SIZE=small`, each with two years of invoices and payments."""
    dealers = min(100_000, size.invoices // 2)
    async with service("credit-rating", where) as bench:
        await POLICIES.publish_shipped(bench.log, date(2026, 1, 1))
        await bench.publish()
        pool = await connect_pool(bench.urls.app, size=4, bounded=False)
        await generations.ensure(pool, bench.plan, bench.partitions, bench.security)
        await live(bench, pool)
        await fill(pool, dealers)
        await pool.close()
        async with serving(bench, request_seconds=600) as served:  # a slow machine gives a figure, not a 504
            tried = await in_turns({"ours": lambda: simulated(served, dealers)}, size.rounds)
            added = await in_turns({"ours": lambda: summed(served, dealers)}, size.rounds)
    yield Row(
        f"what-if over {dealers:,} dealers of {ENTRIES} entries, reading included", "s", tried["ours"],
        aims=(Aim(10 * dealers / 100_000, "ours", at_least=False),),
        note="through the API: both policies, matrix, limits and movers; 10 s are for 100,000 dealers",
    )  # fmt: skip
    yield Row(
        f"figures of a company of {dealers:,} dealers, reading included", "s", added["ours"],
        note="balance, ageing, days sales outstanding, payment record and provision, added up dealer by dealer",
    )  # fmt: skip


async def summed(served: Serving, dealers: int) -> float:
    """Seconds until the figures of all dealers together are there."""
    started = time.perf_counter()
    answer = await served.get(f"/receivables/figures?by=company&as_of={AS_OF}", HEAD)
    seconds = time.perf_counter() - started
    if answer.status != 200 or answer.json["items"][0]["dealers"] != dealers:
        raise AssertionError(answer.body.decode()[:500])
    return seconds


async def simulated(served: Serving, dealers: int) -> float:
    """Seconds until the matrix is there."""
    body = json.dumps({"content": proposed(), "as_of": str(AS_OF), "limits": True}).encode()
    started = time.perf_counter()
    answer = await served.ask("/policies/simulations", HEAD, body)
    seconds = time.perf_counter() - started
    if answer.status != 200 or sum(cell["dealers"] for cell in answer.json["totals"]["matrix"]) != dealers:
        raise AssertionError(answer.body.decode()[:500])
    if not answer.json["totals"]["moved"] or not answer.json["items"]:
        raise AssertionError("this policy should move some dealers")
    return seconds


def proposed() -> dict[str, Any]:
    """The shipped policy with other thresholds for two indicators, and other coefficients."""
    content = POLICIES.shipped() | {"version": 2, "effective_from": "2026-07-01"}
    indicators = content["indicators"]
    indicators["monthly_sales"] |= {"A": "3000", "B": "1500"}
    indicators["payment_reputation"]["B"] |= {"days_late": 20}
    content["limit"]["coefficients"] |= {"3": "0.9", "4": "0.4"}
    return content


async def fill(pool: Any, dealers: int) -> None:
    """Onboarded, surveyed and with a ledger: rows of the read model as projections would have written them."""
    ledger = (entry for number in range(dealers) for entry in ledger_of(number))
    await copy(pool, "ledger_entry", ledger)
    await copy(pool, "onboarding", (onboarding(number) for number in range(dealers)))
    await copy(pool, "survey_answer", (SURVEYED | {"dealer": UUID(int=number)} for number in range(dealers)))
    places = ((UUID(int=n), "T1", "B1", "R1") for n in range(dealers))
    await pool.copy_records_to_table("dealer_scope", schema_name="g1", records=places,
                                     columns=["dealer", "territory", "branch", "region"])  # fmt: skip
    named = ({"dealer": UUID(int=n), "code": f"D{n:07}", "name": f"Dealer {n}"} for n in range(dealers))
    await pool.copy_records_to_table("dealer", schema_name="g1", columns=["dealer", "code", "name"],
                                     records=(tuple(each.values()) for each in named))  # fmt: skip
    await pool.execute("update projection.position set sequence = $1 where reader = 'g1'", dealers * ENTRIES + 1)
    await pool.execute("vacuum analyze")


async def copy(pool: Any, table: str, rows: Iterator[dict[str, Any]]) -> None:
    """Facts rows of one partition, in order."""
    source = "credit-rating" if table == "ledger_entry" else "customer-registry"
    first = next(rows)
    columns = [*first, "source", "partition", "sequence", "line", "event", "recorded_at"]
    now = datetime.now(UTC)

    def records() -> Iterator[tuple[Any, ...]]:
        yield (*first.values(), source, 0, 1, 0, UUID(int=1), now)
        for n, row in enumerate(rows, 2):
            yield (*(row[name] for name in first), source, 0, n, 0, UUID(int=n), now)

    await pool.copy_records_to_table(table, schema_name="g1", columns=columns, records=records())


def onboarding(number: int) -> dict[str, Any]:
    """A dealer of some years."""
    return {"dealer": UUID(int=number), "region": "R1", "onboarded_on": date(2024, 1, 1), "term_days": 30,
            "forecast_monthly_sales": Decimal("10000")}  # fmt: skip


def ledger_of(number: int) -> Iterator[dict[str, Any]]:
    """Two years of invoices on thirty days, each paid some weeks later; half of the payments name their invoice."""
    chance, dealer = random.Random(number), UUID(int=number)
    for place in range(ENTRIES // 2):
        day = AS_OF - timedelta(days=60 * place + chance.randrange(30))
        paid = min(AS_OF, day + timedelta(days=20 + chance.randrange(40)))
        amount, name = Decimal(chance.randrange(10_000, 900_000)) / 100, f"{number}-{place}"
        yield entry(dealer, "invoice", name, amount, day) | {
            "due_on": day + timedelta(days=30), "method": "credit", "term_days": 30,
        }  # fmt: skip
        named = [{"invoice": name, "amount": None}] if place % 2 else []
        yield entry(dealer, "payment", name, amount, paid) | {"method": "transfer", "allocations": json.dumps(named)}


def entry(dealer: UUID, kind: str, number: str, amount: Decimal, dated: date) -> dict[str, Any]:
    """What every row of a ledger says."""
    return {"dealer": dealer, "kind": kind, "origin": "erp", "number": number, "amount": amount, "dated": dated,
            "due_on": None, "method": None, "term_days": None, "allocations": None}  # fmt: skip
