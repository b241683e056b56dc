"""An installation of a test's own: Kafka, PostgreSQL and services as processes, on free ports, gone afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

from rich.console import Console

from dealerlog import running
from dealerlog.client import IMPORTER, Api
from dealerlog.fleet import MEMBERS, Fleet
from dealerlog.installation import Installation
from dealerlog.sample.organisation import Person
from dealerlog.steps import Steps
from dealerlog.supervisor import Supervisor

FIRST_PORT = 22010
HEAD = Person("head", "head", "head_of_marketing")
OUTSIDE = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL")
QUIET = Steps(Console(quiet=True))


class Installed(NamedTuple):
    """What runs."""

    supervisor: Supervisor
    fleet: Fleet


@contextmanager
def installed(
    name: str, *, names: Sequence[str] = tuple(MEMBERS), currency: str = "CNY", today: date | None = None
) -> Iterator[Installed]:
    """Start it; at the end everything is stopped and its folder deleted."""
    kept = {variable: os.environ.pop(variable) for variable in OUTSIDE if variable in os.environ}
    installation = Installation(Installation.named(f"{name}-{os.getpid()}").folder, first_port=FIRST_PORT)
    try:
        with Supervisor(installation, QUIET) as supervisor:
            where = supervisor.start_stack()
            fleet = asyncio.run(running.fleet_of(installation, where, names=names, currency=currency, today=today))
            asyncio.run(running.prepare(fleet, QUIET))
            running.start(supervisor, fleet)
            yield Installed(supervisor, fleet)
    finally:
        os.environ.update(kept)
        shutil.rmtree(installation.folder, ignore_errors=True)


async def territory(api: Api, code: str = "T1", region: str = "R1") -> None:
    """A region, a branch and a territory."""
    for path, body in (
        ("/regions", {"code": region, "name": region}),
        ("/branches", {"code": region, "name": region, "region": region}),
        ("/territories", {"code": code, "name": code, "branch": region}),
    ):
        api.saw(await api.post("customer-registry", path, HEAD, body, key=f"defined{path}"))


async def dealers(api: Api, numbers: Sequence[str], code: str = "T1") -> Mapping[str, str]:
    """Dealers of these numbers of the source `erp`, onboarded; number → id. The owner's list is presented with it."""
    rows = "".join(json.dumps({"source": "erp", "number": each, "name": f"Dealer {each}"}) + "\n" for each in numbers)
    asked = {"territory": code, "approved_by": "head", "reviewed_by": "general", "submitted_by": "manager"}
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": "onboarded"}
    response = await api.ask("customer-registry", "POST", "/dealers:onboard", IMPORTER, params=asked,
                             content=rows.encode(), headers=headers)  # fmt: skip
    *verdicts, summary = [json.loads(line) for line in response.text.splitlines()]
    assert [each["verdict"] for each in verdicts] == ["accepted"] * len(numbers), response.text
    api.reached = ",".join(summary["summary"]["positions"])
    return {each["references"][0]["number"]: each["id"] async for each in listed(api)}


async def listed(api: Api) -> Any:
    """Every dealer."""
    async for each in api.pages("customer-registry", "/dealers", HEAD):
        yield each
