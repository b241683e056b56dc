"""A command in one service until it is visible in another, p99, at 200 commands a second, between processes."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import asyncpg
import httpx

from bench.measuring import Aim, Row, Series, percentile
from bench.sizes import Size
from bench.stack import service
from dealerlog.addresses import Addresses
from dealerlog.fleet import Fleet
from dealerlog.installation import is_free
from service.tokens import issue

A_SECOND = 200
FIRST_PORT = 23_510
HEAD = "head_of_marketing"
POSITIONS = """
select partition, sequence from projection.position p join projection.generation g on p.reader = g.schema
where source = $1
"""


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """Regions are defined at the registry's API; seen in reporting's tables; from sending the request on."""
    async with (
        service("customer-registry", where) as registry,
        service("reporting", where, prefix=registry.prefix) as other,
    ):
        ports = [port for port in range(FIRST_PORT, FIRST_PORT + 50) if is_free(port)][:2]
        folder = Path(mkdtemp())
        fleet = Fleet(
            where.kafka, {registry.member.name: registry.urls, other.member.name: other.urls},
            dict(zip((registry.member.name, other.member.name), ports, strict=True)),
            secrets.token_hex(16), folder, prefix=registry.prefix,
        )  # fmt: skip
        with running(fleet):
            await ready(fleet)
            taken = [await steady(fleet, size.seconds) for _ in range(size.rounds)]
        shutil.rmtree(folder, ignore_errors=True)
    yield Row(
        f"command in one service → visible in another, p99 at {A_SECOND}/s", "ms", Series([p99 for p99, _ in taken]),
        aims=(Aim(100, "ours", at_least=False),), note=f"median {sum(p50 for _, p50 in taken) / len(taken):.0f} ms",
    )  # fmt: skip


@contextmanager
def running(fleet: Fleet) -> Iterator[None]:
    """Both services as processes, all roles in each."""
    log = (fleet.folder / "services.log").open("wb")
    made = [
        subprocess.Popen(each.argv, env={**os.environ, **each.env}, stdout=log, stderr=log)
        for each in fleet.processes()
    ]
    try:
        yield
    finally:
        for process in made:
            process.terminate()
        for process in made:
            process.wait(60)
        log.close()


async def ready(fleet: Fleet, seconds: float = 60) -> None:
    """Wait until both answer and reporting's consumer is at work."""
    async with httpx.AsyncClient(trust_env=False) as http:
        deadline = time.monotonic() + seconds
        for url in fleet.urls.values():
            while True:
                try:
                    if (await http.get(f"{url}/health/ready")).status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                if time.monotonic() > deadline:
                    raise RuntimeError((fleet.folder / "services.log").read_text()[-2000:])
                await asyncio.sleep(0.1)
    await steady(fleet, 2)


async def steady(fleet: Fleet, seconds: int) -> tuple[float, float]:
    """The 99th percentile and the median of so many seconds of steady commands, in milliseconds."""
    sent: dict[tuple[int, int], float] = {}
    waits: list[float] = []
    secret, run = fleet.secret, secrets.token_hex(3)
    token = {"Authorization": bearer_of(secret)}
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(trust_env=False, base_url=fleet.urls["customer-registry"], limits=limits) as http:
        connection = await asyncpg.connect(fleet.databases["reporting"].app)

        async def command(number: int) -> None:
            started = time.perf_counter()
            headers = {**token, "Idempotency-Key": f"{run}-{number}"}
            body = {"code": f"R{run}{number}", "name": f"Region {number}"}
            answer = await http.post("/regions", json=body, headers=headers)
            if answer.status_code != 201:
                raise AssertionError(answer.text)
            _, partition, sequence, _ = answer.headers["Dealerlog-Position"].split(":")
            sent[int(partition), int(sequence)] = started

        async def watch(total: int) -> None:
            deadline = time.monotonic() + seconds + 30
            while len(waits) < total and time.monotonic() < deadline:
                shown = {row[0]: row[1] for row in await connection.fetch(POSITIONS, "customer-registry")}
                now = time.perf_counter()
                for place in [place for place in sent if shown.get(place[0], 0) >= place[1]]:
                    waits.append((now - sent.pop(place)) * 1000)
                await asyncio.sleep(0.001)
            if len(waits) < total:
                raise AssertionError(f"{total - len(waits)} commands were never seen")

        total = A_SECOND * seconds
        watching = asyncio.create_task(watch(total))
        begun, tasks = time.perf_counter(), []
        for number in range(total):
            await asyncio.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
            tasks.append(asyncio.create_task(command(number)))
        await asyncio.gather(*tasks)
        await watching
        await connection.close()
    return percentile(waits, 0.99), percentile(waits, 0.5)


def bearer_of(secret: str) -> str:
    """A token of the local issuer under this installation's secret."""
    return f"Bearer {issue(HEAD, secret=secret)}"
