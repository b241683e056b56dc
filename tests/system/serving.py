"""A service's application on a database that holds the varied histories; nothing of it needs Kafka."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import asyncpg
import httpx
import msgspec
from varied import DEALERS, PLACES, RUNS, every_type_varied, place

from customer_registry.domain.branch import BRANCH, DefineBranch
from customer_registry.domain.region import REGION, DefineRegion
from customer_registry.domain.territory import TERRITORY as TERRITORIES
from customer_registry.domain.territory import DefineTerritory
from dealerlog.fleet import MEMBERS
from eventlog.database import connect_pool
from eventlog.histories import SAMPLES, History, Kept
from eventlog.log import Log
from eventlog.projector import Projector
from eventlog.testing import meta
from events.catalogue import EVENT_TYPES
from rules.policy import content_hash
from service.app import Service
from service.migrations import migrate
from service.rls import RowSecurity
from service.scope import Reader
from service.testing import bearer, settings_of
from tiering.published_policies import POLICIES

PARTITIONS = 12
SHIPPED = (
    ("credit_rating", "CreditPolicyPublished", "credit"),
    ("tiering", "TieringPolicyPublished", "tiering"),
)
"""The policies that come with a release: package, event type, name."""
TERRITORY = {dealer: sorted(PLACES)[n % 3] for n, dealer in enumerate(DEALERS)}
"""Where each dealer is onboarded last: T1 and T2 lie in B1 of R1, T3 in B2 of R2."""

OWN = {"territory": "T1", "branch": "B1", "region": "R1", "company": ""}
"""The place that a caller of each reach is bound to."""


@dataclass
class Served:
    """An application with its client, the generation that it reads, and its declaration."""

    service: Service
    app: Any
    http: httpx.AsyncClient
    pool: asyncpg.Pool
    reader_url: str
    schema: str
    log: Log

    async def events(self) -> int:
        """How many events the log holds."""
        return sum((await self.log.last()).values())


@asynccontextmanager
async def serving(name: str, urls: Any, histories: Iterable[History] | None = None, *, today: date | None = None,
                  **settings: Any) -> AsyncIterator[Served]:  # fmt: skip
    """Serve one application whose tables are those of `histories`; unless given, every type with dealers in place."""
    service = MEMBERS[name].declaration
    migrate(urls.owner, service.migrations)
    pool = await connect_pool(urls.app, size=8)
    log = Log(name, pool)
    await pool.execute("update log.lineage set opened = true, service = $1", name)
    projector = Projector(name, service.tables, pool, PARTITIONS, security=RowSecurity.of(urls.name))
    schema = await projector.start()
    records = recorded(histories if histories is not None else in_place(), projector.topics)
    await projector.apply(records)
    assert not projector.stopped and not projector.parked
    if name == "tiering":
        await POLICIES.publish_shipped(log, date(2026, 1, 1))
    if name == "customer-registry" and histories is None:
        await organise(log)
    reader = await Reader.connect(urls.reader)
    made = settings_of(
        database_url=urls.app, reader_database_url=urls.reader, business_date=today or date(2027, 1, 4), **settings
    )
    runtime = service.runtime(made, log=log, pool=pool, reader=reader, projector=projector)
    app = service.application(made, runtime=runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as http:
            yield Served(service, app, http, pool, urls.reader, schema, log)
    finally:
        await reader.close()
        await pool.close()


async def organise(log: Log) -> None:
    """The places of the varied histories in the registry's own log, for a write reads them there."""
    for where in PLACES.values():
        region, branch, code = where["region"], where["branch"], where["territory"]
        await log.handle(REGION, f"region-{region}", DefineRegion(code=region, name=region), meta())
        of_region = DefineBranch(code=branch, name=branch, region=region)
        await log.handle(BRANCH, f"branch-{branch}", of_region, meta())
        of_branch = DefineTerritory(code=code, name=code, branch=branch, region=region)
        await log.handle(TERRITORIES, f"territory-{code}", of_branch, meta())


def in_place() -> list[History]:
    """The varied histories, at whose end every dealer is onboarded into the place that `TERRITORY` says."""
    histories = every_type_varied(11, partitions=PARTITIONS, without=("DealerOnboarded",))  # each is onboarded once
    logs = {each.source: each for each in histories}
    for code, where in PLACES.items():
        said = {"code": code, "name": code, "branch": where["branch"], "region": where["region"]}
        _append(logs, "TerritoryDefined", f"territory-{code}", said)
    for n, dealer in enumerate(DEALERS):
        named = {"name": f"Dealer {n}", "references": [{"source": "erp", "number": f"C-{n}"}], "supplier": None}
        _append(logs, "DealerSubmitted", dealer, named | PLACES[TERRITORY[dealer]])
        _append(logs, "DealerOnboarded", dealer, named | PLACES[TERRITORY[dealer]] | {"code": f"D{n:05}"})
        for order in range(3):
            _append(logs, "OrderPlaced", dealer, {"number": f"O-{order}"})
    for run, region in zip(RUNS, ("R1", "R2"), strict=False):
        _append(logs, "RatingRunStarted", f"run-{run}", {"region": region})
    for package, kind, name in SHIPPED:
        content = json.loads((files(package) / "policies" / f"{name}-2026-01.json").read_text("utf-8"))
        said = {"effective_from": "2026-06-01", "version": 9, "content": content, "hash": content_hash(content)}
        _append(logs, kind, f"policy-{name}", said)
    return histories


def _append(logs: Mapping[str, History], kind: str, subject: str, said: Mapping[str, Any]) -> None:
    """The sample of a type about this subject, with these fields."""
    owner = EVENT_TYPES[kind].owner
    sample = msgspec.json.decode((SAMPLES / owner / f"{kind}.v1.json").read_bytes())
    identity = uuid5(NAMESPACE_OID, f"{kind} {subject} {sorted(said)} {said.get('number')}")
    place(logs[owner], sample | {"id": str(identity), "subject": subject, "data": sample["data"] | said})


def recorded(histories: Iterable[History], topics: Mapping[str, str]) -> list[Kept]:
    """The records of the topics that a service reads."""
    return [record for history in histories for record in history.all() if record.topic in topics]


def caller(role: str, reach: str, code: str, login: str | None = None) -> dict[str, str]:
    """The header of somebody in a role, bound to a place if the role is."""
    return bearer(role, login=login or f"{role}.{code}", **({} if reach == "company" else {reach: code}))


def foreign_dealers(reach: str) -> list[str]:
    """The dealers outside the scope of a caller of that reach."""
    return [dealer for dealer in DEALERS if PLACES[TERRITORY[dealer]][reach] != OWN[reach]]
