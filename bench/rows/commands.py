"""Single commands of 16 clients at the handler, against bare one-row transactions of as many clients."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from bench.measuring import Aim, Row, in_turns
from bench.sizes import Size
from bench.stack import Bench, service
from customer_registry.domain.dealer import DEALER
from customer_registry.domain.submission import SubmitDealer
from dealerlog.addresses import Addresses
from eventlog.log import Log
from eventlog.meta import Meta
from events import command_id, request_hash
from events.placement import partition_of
from events.types.customer_registry import Reference, Terms

CLIENTS = 16
SCORES = {name: 4 for name in ("distribution_capability", "capital_strength", "willingness", "legal_papers")}


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """Over all partitions; all on one, gathered into one call; all on one, each in a call of its own."""
    async with service("customer-registry", where) as bench:
        await bench.pool.execute("create schema bench")
        await bench.pool.execute("create table bench.bare (id bigserial primary key, document bytea)")
        each = size.commands // CLIENTS
        reached = await in_turns(
            {
                "all": lambda: together(submitting(bench, lambda: str(uuid4())), each),
                "one": lambda: together(submitting(bench, on_partition(bench, 0)), each),
                "ungathered": lambda: together(ungathered(bench, on_partition(bench, 0)), each),
                "bare": lambda: together(inserting(bench), each),
            },
            size.rounds,
        )
    bare = f"bare one-row transactions, {CLIENTS} clients"
    yield Row("single commands, over all partitions", "commands/s", reached["all"], bare, reached["bare"], (Aim(0.5),))
    yield Row("single commands, all on one partition", "commands/s", reached["one"], bare, reached["bare"], (Aim(0.5),))
    yield Row(
        "the same, not gathered: each in a call of its own", "commands/s", reached["ungathered"], bare, reached["bare"]
    )


async def together(act: Callable[[], Awaitable[Any]], each: int) -> float:
    """Acts a second of so many clients, each one after the other."""

    async def client() -> None:
        for _ in range(each):
            await act()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return CLIENTS * each / (time.perf_counter() - started)


def submitting(bench: Bench, dealer_of: Callable[[], str]) -> Callable[[], Awaitable[Any]]:
    """Propose a dealer: a stream of its own, one event, one claim on the dealer's number."""
    numbers = itertools.count()
    run = uuid4().hex[:8]

    async def submit() -> None:
        dealer, number = dealer_of(), f"{run}-{next(numbers)}"
        command = SubmitDealer(
            dealer=dealer, name=f"Dealer {number}", territory="T1", branch="B1", region="R1",
            channel_level="distributor", cooperation="dealer", references=(Reference(source="erp", number=number),),
            terms=Terms(method="credit", term_days=30), forecast_monthly_sales=Decimal("10000.00"),
            checklist=SCORES, by="clerk",
        )  # fmt: skip
        await bench.log.handle(DEALER, dealer, command, meta(number), expected=0)

    return submit


def meta(number: str) -> Meta:
    """Who asks, and under which id."""
    return Meta(
        actor="user:clerk", business_date=date(2026, 1, 2), command_id=command_id("bench", "submit", number),
        request_hash=request_hash({"number": number}), correlation="bench",
    )  # fmt: skip


def on_partition(bench: Bench, partition: int) -> Callable[[], str]:
    """New dealers of one partition."""

    def dealer() -> str:
        while partition_of(found := str(uuid4()), bench.partitions) != partition:
            pass
        return found

    return dealer


def ungathered(bench: Bench, dealer_of: Callable[[], str]) -> Callable[[], Awaitable[Any]]:
    """The same through logs of their own, as sixteen processes would be: nothing is gathered."""
    own = (replace(bench, log=Log(bench.member.name, bench.pool)) for _ in range(CLIENTS))
    logs = itertools.cycle([submitting(each, dealer_of) for each in own])

    async def submit() -> None:
        await next(logs)()

    return submit


def inserting(bench: Bench) -> Callable[[], Awaitable[Any]]:
    """One row of as many bytes in a transaction of its own."""
    document = bytes(700)

    async def insert() -> None:
        await bench.pool.execute("insert into bench.bare (document) values ($1)", document)

    return insert
