"""The most memory that the process of a rebuild and of an import holds, for an input and for one four times as long."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import msgspec

from bench.files import PROFILE, onboard_all, write_csv, write_xlsx
from bench.measuring import Aim, Row, Series, peak_memory_mib
from bench.processes import Running, running
from bench.rows.rebuild import TABLES, fill, targets
from bench.sizes import Size
from bench.stack import Bench, service
from dealerlog.addresses import Addresses
from eventlog import generations
from eventlog.database import connect_pool
from eventlog.workers import Task

AIM = (Aim(512, "ours", at_least=False),)
UNDER_WAY = {"waiting", "running", "asked"}
DONE = {"previewed", "completed"}
MOMENT = 0.05


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """A process of `eventlog.workers`, which is what a rebuild runs."""
    short = size.events // 4
    async with service("credit-rating", where) as bench:
        await fill(bench, short)
        first = await peak(bench)
        await fill(bench, size.events - short, seed=2)
        second = await peak(bench)
    yield Row(f"memory of a rebuild, {size.events:,} events", "MiB", Series([second]),
              f"the same of {short:,} events", Series([first]), AIM)  # fmt: skip
    for row in await imports(where, size.events // 4):
        yield row


async def imports(where: Addresses, count: int) -> list[Row]:
    """A service with all its roles in one process: a CSV is recorded, a workbook tried out; a quarter of it first."""
    short, made = count // 4, []
    async with service("customer-registry", where) as registry:
        await onboard_all(registry)
        async with service("credit-rating", where, prefix=registry.prefix) as bench:
            for kind, write, dry, seed in (("CSV", write_csv, False, 1), ("XLSX", write_xlsx, True, 3)):
                async with running(bench) as fleet:
                    idle = peak_memory_mib(fleet.pids[bench.member.name])
                    first = await imported(fleet, write, short, seed, dry)
                    second = await imported(fleet, write, count, seed + 1, dry)
                what = "a dry run" if dry else "an import"
                made.append(Row(f"memory of {what}, {kind} of {count:,} rows", "MiB", Series([second]),
                                f"the same of {short:,} rows", Series([first]), AIM,
                                note=f"of the whole service, {idle:,.0f} MiB before"))  # fmt: skip
    return made


async def imported(fleet: Running, write: Callable[[Path, int, int], None], count: int, seed: int, dry: bool) -> float:
    """The high-water mark of the service once a file of so many rows is through, in MiB."""
    file = fleet.fleet.folder / "import.data"
    await asyncio.to_thread(write, file, count, seed)
    headers = fleet.bearer("importer") | {
        "Content-Type": "application/octet-stream", "Idempotency-Key": f"bench-import-{seed}-{dry}",
        "Import-Profile": base64.b64encode(PROFILE.encode()).decode(),
    }  # fmt: skip
    name = "invoices.xlsx" if write is write_xlsx else "invoices.csv"
    async with httpx.AsyncClient(trust_env=False, base_url=fleet.fleet.urls["credit-rating"], timeout=60) as http:
        asked = {"name": name, "dry_run": str(dry).lower()}
        answer = await http.post("/imports", params=asked, content=file.read_bytes(), headers=headers)
        said = answer.json()
        while said.get("state") in UNDER_WAY:
            await asyncio.sleep(MOMENT)
            said = (await http.get(f"/imports/{said['id']}", headers=fleet.bearer("importer"))).json()
        if said.get("state") not in DONE or said["accepted"] != count:
            raise AssertionError(answer.text[:500] + str(said)[:500])
    return peak_memory_mib(fleet.pids["credit-rating"])


async def peak(bench: Bench) -> float:
    """The high-water mark of one load process, in MiB."""
    pool = await connect_pool(bench.urls.app, size=2, bounded=False)
    async with pool.acquire() as connection:
        async with connection.transaction():
            green = await generations.create(connection, bench.plan, bench.partitions, bench.security, state="filling")
        ends = [(source, partition, at.sequence, (at.event or b"").hex())
                for (source, partition), at in (await targets(bench)).items()]  # fmt: skip
        topics = {source: topic for topic, source in bench.topics.items()}
        task = Task(TABLES, bench.urls.app, green.schema, green.shape, topics, bench.kafka, ends)
        highest = await _watched(task)
        await generations.drop(connection, green.generation)
    await pool.close()
    return highest


async def _watched(task: Task) -> float:
    argv = (sys.executable, "-m", "eventlog.workers")
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    assert process.stdin
    process.stdin.write(msgspec.json.encode(task))
    process.stdin.close()
    ended, highest = asyncio.create_task(process.wait()), 0.0
    while not ended.done():
        try:
            highest = max(highest, peak_memory_mib(process.pid))
        except (OSError, KeyError):  # it ended between two looks
            break
        await asyncio.wait([ended], timeout=MOMENT)
    if await ended:
        raise AssertionError("the load process failed")
    return highest
