"""Services as processes of their own, all roles in each, as an installation runs them."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import httpx

from bench.stack import Bench
from dealerlog.fleet import Fleet
from dealerlog.installation import is_free
from service.tokens import issue

FIRST_PORT = 23_510
READY_SECONDS = 60


class Running(NamedTuple):
    """The fleet that runs, and the process of each service by its name."""

    fleet: Fleet
    pids: dict[str, int]

    def bearer(self, role: str) -> dict[str, str]:
        """The header of a token of the local issuer under this installation's secret."""
        return {"Authorization": f"Bearer {issue(role, secret=self.fleet.secret)}"}


@asynccontextmanager
async def running(*members: Bench) -> AsyncIterator[Running]:
    """Start a process for each, wait until all are ready, stop them at the end."""
    folder = Path(mkdtemp())
    free = (port for port in range(FIRST_PORT, FIRST_PORT + 50) if is_free(port))
    fleet = Fleet(
        members[0].where.kafka, {each.member.name: each.urls for each in members},
        {each.member.name: next(free) for each in members}, secrets.token_hex(16), folder, prefix=members[0].prefix,
    )  # fmt: skip
    log = (folder / "services.log").open("wb")
    made = {}
    for each in members:
        (process,) = fleet.processes([each.member])
        environment = {**os.environ, **process.env}
        made[each.member.name] = subprocess.Popen(process.argv, env=environment, stdout=log, stderr=log)
    try:
        await _ready(fleet)
        yield Running(fleet, {name: started.pid for name, started in made.items()})
    finally:
        for started in made.values():
            started.terminate()
        for started in made.values():
            started.wait(60)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _ready(fleet: Fleet) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        deadline = time.monotonic() + READY_SECONDS
        for url in fleet.urls.values():
            while not await _answers(http, url):
                if time.monotonic() > deadline:
                    raise RuntimeError((fleet.folder / "services.log").read_text()[-2000:])
                await asyncio.sleep(0.1)


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/health/ready")).status_code == 200
    except httpx.TransportError:
        return False
