"""credit-rating on a real PostgreSQL: its log followed as Kafka would hand it over, the registry's made by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from credit_rating.app import SERVICE
from credit_rating.domain.diligence import ITEMS
from credit_rating.projections import TABLES
from credit_rating.published_policies import POLICIES
from credit_rating.rating_worker import carry_on_unfinished
from eventlog.database import connect_pool
from eventlog.log import Log
from eventlog.projector import Projector
from eventlog.reactor import Reactor
from eventlog.waiting import Waiting
from events import (
    DealerJoinedGroup,
    DealerOnboarded,
    DealerTermsChanged,
    Event,
    InventoryReported,
    OwnerGroupDefined,
    SaleRecorded,
    SaleReturned,
    SurveyAnswered,
    encode,
    uuid7,
)
from events.placement import HEADER, Placement, microseconds, pack, partition_of
from service.migrations import migrate
from service.rls import RowSecurity
from service.scope import Reader
from service.testing import bearer, settings_of

TODAY = date(2026, 6, 30)
PARTITIONS = 12
PLACES = {
    "T1": ("B1", "R1"), "T2": ("B2", "R1"), "T9": ("B9", "R2"), "T7": ("B7", "R3"), "T8": ("B8", "R4"),
}  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A record as aiokafka hands it over."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


@dataclass
class Registry:
    """The customer registry's log, or that of another `source`, made by hand."""

    source: str = "customer-registry"

    last: dict[int, tuple[int, UUID | None]] = field(default_factory=dict)

    def add(self, event: Event, key: str) -> Kept:
        """Its next event."""
        partition = partition_of(key, PARTITIONS)
        sequence, previous = self.last.get(partition, (0, None))
        identity, now = uuid7(), datetime.now(UTC)
        self.last[partition] = (sequence + 1, identity)
        document = encode(
            event, id=identity, subject=key, time=now, actor="zhao.lei", business_date=TODAY, correlation="c"
        )
        placement = Placement(
            partition, sequence + 1, previous, 1, f"{key}/{event.event_type.stream}", 1, identity, bytes(32), 1, 1,
            microseconds(now),
        )  # fmt: skip
        headers = ((HEADER, pack(placement)),)
        return Kept(f"{self.source}.events", partition, sequence, key.encode(), document, headers)


class World:
    """One installation of the service; `client` calls its API, `follow` shows what its log holds."""

    def __init__(self, urls: Any, pool: Any, log: Log, runtime: Any, client: httpx.AsyncClient) -> None:
        self.urls, self.pool, self.log, self.runtime, self.client = urls, pool, log, runtime, client
        self.registry, self.tiering = Registry(), Registry("tiering")
        self.reactors: list[Reactor] = []
        self.told: list[Kept] = []
        self.shown: dict[int, int] = {}
        self._turn = asyncio.Lock()

    async def tell(self, records: Iterable[Kept]) -> None:
        """Hand records to the projector and the reactions, and keep them for who publishes them."""
        records = list(records)
        self.told += records
        for reader in (self.runtime.projector, *self.reactors):
            await reader.apply([record for record in records if record.topic in reader.topics])

    async def follow(self) -> None:
        """Show everything that the log holds, reactions' answers included."""
        async with self._turn:
            while records := [record for p in range(PARTITIONS) for record in await self._next(p)]:
                await self.tell(records)

    async def _next(self, partition: int) -> list[Kept]:
        rows = await self.log.read(partition, self.shown.get(partition, 0), 1000)
        if rows:
            self.shown[partition] = rows[-1].sequence
        return [
            Kept(
                "credit-rating.events", row.partition, row.sequence - 1, row.stream.partition("/")[0].encode(),
                row.document, ((HEADER, pack(row.placement)),),
            )
            for row in rows
        ]  # fmt: skip

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow the log in the background."""

        stopping = asyncio.Event()

        async def follow() -> None:
            while not stopping.is_set():
                await self.follow()
                await asyncio.sleep(0.005)

        task = asyncio.create_task(follow())
        try:
            yield
        finally:
            stopping.set()
            await task

    async def dealer(
        self, number: str, *, territory: str = "T1", survey: str | None = "2026-06-01", **said: Any
    ) -> str:
        """Onboard a dealer that the ERP knows by that number."""
        dealer = str(uuid4())
        await self.onboard(dealer, number, territory, **said)
        if survey:
            await self.survey(dealer, survey)
        return dealer

    async def onboard(self, dealer: str, number: str, territory: str, **said: Any) -> None:
        await self.tell([self.onboarding(dealer, number, territory, **said)])

    def onboarding(self, dealer: str, number: str, territory: str, **said: Any) -> Kept:
        """The registry's event of it."""
        branch, region = PLACES[territory]
        about = {
            "code": f"D{number}", "name": f"经销商 {number}", "territory": territory, "branch": branch,
            "region": region, "channel_level": "distributor", "cooperation": "dealer",
            "references": [{"source": "ERP", "number": number}], "terms": {"method": "credit", "term_days": 30},
            "forecast_monthly_sales": Decimal(100_000), "submitted_by": "a", "reviewed_by": "b", "approved_by": "c",
            "onboarded_on": date(2024, 1, 10),
        } | said  # fmt: skip
        return self.registry.add(DealerOnboarded.model_validate(about), dealer)

    async def group(self, code: str, *dealers: str) -> None:
        """Define an owner group and let dealers join it."""
        await self.tell([self.registry.add(OwnerGroupDefined(code=code, name=f"集团 {code}"), f"group-{code}")])
        said = {"group": code, "reason": "One owner.", "by": "he", "on": TODAY}
        await self.tell([self.registry.add(DealerJoinedGroup(**said), dealer) for dealer in dealers])
        await self.follow()

    async def terms(self, dealer: str, days: int, on: date = TODAY) -> None:
        """Agree on another term with the dealer."""
        said = {"terms": {"method": "credit", "term_days": days}, "reason": "Asked for.", "by": "he", "on": on}
        await self.tell([self.registry.add(DealerTermsChanged.model_validate(said), dealer)])

    async def stock(self, dealer: str, on: str, consigned: str, own: str = "0.00") -> None:
        """The dealer reports what it has in stock, of ours and of its own."""
        lines = [
            {"product": "P-1", "quantity": 1, "value": consigned, "consigned": True},
            {"product": "P-1", "quantity": 1, "value": own},
        ]
        said = {"source": "ERP", "number": f"S-{uuid4().hex[:8]}", "as_of": on, "currency": "CNY", "lines": lines}
        sums = {"value": Decimal(consigned) + Decimal(own), "consigned_value": consigned}
        await self.tell([self.tiering.add(InventoryReported.model_validate(said | sums), dealer)])

    async def sell(
        self, dealer: str, amount: str, to: str | None, *, on: str = "2026-06-01", out: bool = True, back: bool = False
    ) -> str:
        """A line that the dealer sold on (`out`), else was delivered, or came `back`; answers its event's id."""
        said = {
            "source": "POS", "invoice": f"L-{uuid4().hex[:8]}", "line": 1, "product": "P-1", "quantity": 1,
            "unit_price": amount, "amount": amount, "currency": "CNY", "sold_on": on,
            "direction": "sell_out" if out else "sell_in", "ship_to_territory": to,
        }  # fmt: skip
        event = (SaleReturned if back else SaleRecorded).model_validate(said)
        record = self.tiering.add(event, dealer)
        await self.tell([record])
        identity: str = json.loads(record.value)["id"]
        return identity

    async def survey(self, dealer: str, on: str, **said: Any) -> None:
        about = {
            "surveyed_on": on, "annual_turnover": "3500000.00", "nature": "company", "licences": "complete_valid",
            "premises": "local_owned", "founded_on": "2015-05-01", "demand": 60, "influence": 60, "by": "li.wei",
        } | said  # fmt: skip
        await self.tell([self.registry.add(SurveyAnswered.model_validate(about), dealer)])

    async def trade(self, dealer: str, number: str, *, months: int = 26, amount: str = "60000.00") -> None:
        """An invoice a month up to June 2026, each paid on its due date but the last."""
        rows = []
        for n in range(months):
            index = 2026 * 12 + 5 - (months - 1 - n)
            issued = date(index // 12, index % 12 + 1, 5)
            rows.append(invoice(number, f"{number}-{n}", amount, issued))
            if n < months - 1:
                rows.append(payment(number, f"P{number}-{n}", amount, issued + timedelta(days=30), f"{number}-{n}"))
        said = await self.bulk(rows)
        assert said[-1]["summary"]["accepted"] == len(rows), said

    async def bulk(self, rows: Iterable[Any], role: str = "importer", **scope: str) -> list[Any]:
        """Rows to `/ledger:bulk`; the answer's lines."""
        text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
        headers = bearer(role, **scope) | {"Idempotency-Key": uuid4().hex, "Content-Type": "application/x-ndjson"}
        response = await self.client.post("/ledger:bulk", content=text, headers=headers)
        assert response.status_code == 200, response.text
        await self.follow()
        return [json.loads(line) for line in response.text.splitlines()]

    async def post(self, path: str, body: Any, role: str = "importer", *, key: str = "", **said: Any) -> httpx.Response:
        """A write in a role; `etag` becomes If-Match, what else is said is the role's scope."""
        headers = {"Idempotency-Key": key or uuid4().hex, "Content-Type": "application/json"}
        if etag := said.pop("etag", None):
            headers["If-Match"] = etag
        return await self.client.post(path, content=json.dumps(body), headers=headers | bearer(role, **said))

    async def get(self, path: str, role: str = "auditor", *, query: dict[str, Any] | None = None, **scope: str) -> Any:
        """A read in a role."""
        return await self.client.get(path, params=query, headers=bearer(role, **scope))

    async def look_into(self, dealer: str, limit: str, branch: str = "B1", *, approve: bool = True) -> None:
        """A complete due diligence for a limit, submitted, and approved by another person."""
        path, why = f"/dealers/{dealer}/due-diligence", "Seen at the visit of June, with the accounts of two years."
        answers = [{"item": item, "finding": "satisfactory", "comment": why} for item in ITEMS]
        opinion = {"opinion": "recommended", "limit": limit, "reason": why}
        steps: list[tuple[str, Any]] = [("", {"purpose": "First limit for the second shop."})]
        steps += [("/answers", each) for each in answers] + [("/opinion", opinion), ("/submission", {})]
        for step, body in steps + ([("/approval", {})] if approve else []):
            who = ("branch_general_manager", "gao.yu") if step == "/approval" else ("branch_manager", "sun.li")
            etag = (await self.get(path)).headers["etag"]
            said = await self.post(f"{path}{step}", body, who[0], branch=branch, login=who[1], etag=etag)
            assert said.status_code == 200, said.text
            await self.follow()

    async def rate(self, region: str = "R1", as_of: date = TODAY) -> str:
        """A whole rating run; its id."""
        await self.follow()
        started = await self.post(
            "/rating-runs", {"region": region, "as_of": str(as_of)}, "regional_director", region=region
        )
        assert started.status_code == 202, started.text
        await self.follow()
        assert await carry_on_unfinished(self.log) == 1
        await self.follow()
        run: str = started.json()["run"]
        return run


def invoice(dealer: str, number: str, amount: str, issued: date, **said: Any) -> dict[str, Any]:
    """An invoice as a row."""
    return {
        "kind": "invoice", "dealer": {"source": "ERP", "number": dealer}, "source": "ERP", "number": number,
        "amount": amount, "currency": "CNY", "issued_on": str(issued), "due_on": str(issued + timedelta(days=30)),
        "method": "credit", "term_days": 30,
    } | said  # fmt: skip


def payment(dealer: str, number: str, amount: str, on: date, *invoices: str) -> dict[str, Any]:
    """A payment as a row."""
    return {
        "kind": "payment", "dealer": {"source": "ERP", "number": dealer}, "source": "ERP", "number": number,
        "amount": amount, "currency": "CNY", "received_on": str(on), "method": "transfer",
        "allocations": [{"invoice": each} for each in invoices],
    }  # fmt: skip


@pytest.fixture(scope="session")
def rows() -> Any:
    """Makers of rows."""
    from types import SimpleNamespace

    return SimpleNamespace(invoice=invoice, payment=payment, today=TODAY)


@pytest.fixture
def registry() -> Registry:
    """A registry of one's own."""
    return Registry()


@pytest.fixture(scope="module")
async def world(module_database: Callable[..., Awaitable[Any]]) -> AsyncIterator[World]:
    """An installation for the module, its policy published."""
    async for make in _worlds(module_database):
        yield await make()


async def _worlds(database: Callable[..., Awaitable[Any]]) -> AsyncIterator[Callable[[], Awaitable[World]]]:
    opened: list[tuple[Any, Reader, httpx.AsyncClient]] = []

    async def make() -> World:
        urls = await database("credit")
        migrate(urls.owner)
        pool = await connect_pool(urls.app, size=12)
        await pool.execute("update log.lineage set opened = true, service = 'credit-rating'")
        log, waiting = Log("credit-rating", pool), Waiting(pool)
        security = RowSecurity.of(urls.name)
        projector = Projector("credit-rating", TABLES, pool, PARTITIONS, security=security, moved=waiting.wake)
        await projector.start()
        reader = await Reader.connect(urls.reader)
        settings = settings_of(business_date=TODAY, wait_seconds=5.0, reader_database_url=urls.reader)
        runtime = SERVICE.runtime(settings, log=log, reader=reader, pool=pool, projector=projector, waiting=waiting)
        app = SERVICE.application(settings, runtime=runtime)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://credit.test")
        opened.append((pool, reader, client))
        made = World(urls, pool, log, runtime, client)
        made.reactors = [Reactor("credit-rating", each, log, pool, PARTITIONS) for each in SERVICE.reactions]
        for reactor in made.reactors:
            await reactor.start()
        await POLICIES.publish_shipped(log, TODAY)
        await made.follow()
        return made

    yield make
    for pool, reader, client in opened:
        await client.aclose()
        await reader.close()
        await pool.close()
