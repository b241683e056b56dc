"""A command in one service until it is visible in another, p99, at 200 commands a second, between processes.

Open loop: each command is due at its own moment, whatever became of those before it, and its time is counted from that
moment, so a stall shows in every command that it delayed.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from typing import NamedTuple

import asyncpg

from bench.measuring import Aim, Row, Series, percentile
from bench.posting import Posting, posting
from bench.processes import Running, running
from bench.sizes import Size
from bench.stack import service
from dealerlog.addresses import Addresses

A_SECOND = 200
WARM_UP_SECONDS = 5
LOOK_SECONDS = 0.004
"""How often the tables are looked at: the figures are too high by half of it on average."""
LOST_SECONDS = 30
OWNER, READER = "customer-registry", "reporting"
POSITIONS = """
select partition, sequence from projection.position p join projection.generation g on p.reader = g.schema
where source = $1
"""


class Waits(NamedTuple):
    """Milliseconds from the moment a command was due until it was answered, and until it was visible."""

    answered: list[float]
    visible: list[float]


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """Regions are defined at the registry's API and looked for in reporting's tables."""
    async with (
        service(OWNER, where) as owner,
        service(READER, where, prefix=owner.prefix) as reader,
        running(owner, reader) as fleet,
    ):
        await steady(fleet, WARM_UP_SECONDS)
        taken = [await steady(fleet, size.seconds) for _ in range(size.rounds)]
    answered = percentile([wait for waits in taken for wait in waits.answered], 0.99)
    median = percentile([wait for waits in taken for wait in waits.visible], 0.5)
    yield Row(
        f"command in one service → visible in another, p99 at {A_SECOND}/s", "ms",
        Series([percentile(waits.visible, 0.99) for waits in taken]), aims=(Aim(100, "ours", at_least=False),),
        note=f"{A_SECOND * size.seconds:,} commands a round; median {median:.0f} ms; answered: p99 {answered:.0f} ms",
    )  # fmt: skip


async def steady(fleet: Running, seconds: int) -> Waits:
    """So many seconds of steady commands."""
    total, load = A_SECOND * seconds, Load(fleet)
    async with posting(fleet.fleet.urls[OWNER]) as http:
        watching = asyncio.create_task(load.watch(total, time.perf_counter() + seconds + LOST_SECONDS))
        begun, tasks = time.perf_counter(), []
        for number in range(total):
            due = begun + number / A_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(load.command(http, number, due)))
        await asyncio.gather(*tasks)
        await watching
    return load.waits


class Load:
    """The commands of one round: when each was due, where it stands in the log, how long it took."""

    def __init__(self, fleet: Running) -> None:
        self.waits = Waits([], [])
        self._database = fleet.fleet.databases[READER].app
        self._headers, self._run = fleet.bearer("head_of_marketing"), secrets.token_hex(3)
        self._unseen: dict[int, list[tuple[int, float]]] = {}

    async def command(self, http: Posting, number: int, due: float) -> None:
        """Define a region."""
        headers = self._headers | {"Idempotency-Key": f"{self._run}-{number}"}
        body = {"code": f"R{self._run}{number}", "name": f"Region {number}"}
        answer = await http.post("/regions", body, headers)
        if answer.status != 201:
            raise AssertionError(answer.body.decode())
        self.waits.answered.append((time.perf_counter() - due) * 1000)
        _, partition, sequence, _ = answer.headers["dealerlog-position"].split(":")
        self._unseen.setdefault(int(partition), []).append((int(sequence), due))

    async def watch(self, total: int, deadline: float) -> None:
        """Look at the other service's positions until every command is behind them."""
        connection = await asyncpg.connect(self._database)
        try:
            while len(self.waits.visible) < total:
                shown = await connection.fetch(POSITIONS, OWNER)
                now = time.perf_counter()
                if now > deadline:
                    raise AssertionError(f"{total - len(self.waits.visible)} commands were never seen")
                for partition, sequence in shown:
                    self._seen(partition, sequence, now)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await connection.close()

    def _seen(self, partition: int, sequence: int, now: float) -> None:
        if unseen := self._unseen.get(partition):
            self.waits.visible.extend((now - due) * 1000 for at, due in unseen if at <= sequence)
            self._unseen[partition] = [(at, due) for at, due in unseen if at > sequence]
