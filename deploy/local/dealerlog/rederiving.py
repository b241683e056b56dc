"""Every decision of a service taken again from the topics alone, in a database made for it and dropped afterwards."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka.errors import KafkaError

from credit_rating import rederive as credit
from dealerlog.addresses import Addresses
from dealerlog.databases import DatabaseUrls, create_databases, databases_like, drop_databases
from dealerlog.fleet import Fleet, Member
from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.running import database_prefix
from dealerlog.steps import Steps
from eventlog.database import connect_pool
from eventlog.from_topics import FromTopics, Unread
from eventlog.loading import Stalled
from eventlog.log import Log
from eventlog.position import Cut
from eventlog.projection import Table
from eventlog.restore import CannotRestore
from eventlog.slice import Forked
from tiering import rederive as tiering

TABLES: Mapping[str, Sequence[Table]] = {"credit-rating": credit.TABLES, "tiering": tiering.TABLES}
"""The services that decide, and the tables that their decisions read."""


LEFT_SECONDS = 24 * 3600
"""So old is a database of a command that died: none works for a day."""


class Derived(NamedTuple):
    """What came out: events of the log, decisions, ends of runs, and the first of those that differ."""

    events: int
    decisions: int
    runs: int
    differing: list[str]

    @property
    def said(self) -> str:
        """In one line."""
        if self.differing:
            return f"{len(self.differing)} come out otherwise: {'; '.join(self.differing[:3])}"
        return f"{self.decisions} decisions and the ends of {self.runs} runs, all equal; {self.events:,} events"


BringTo = Callable[[Cut], Awaitable[None]]


async def rederive(fleet: Fleet, member: Member, installation: Installation, where: Addresses, steps: Steps) -> Derived:
    """Restore the service's log from its topic into a database of its own and take every decision again."""
    with steps.step("rederive", member.name) as step:
        try:
            async with _database(installation, where, member) as urls:
                derived = await _derived(fleet, member, urls)
        except (CannotRestore, Forked, Stalled, Unread, KafkaError) as error:
            raise Problem(f"{member.name}: {error}") from error
        step.note = f"{member.name}: {derived.said}"
    return derived


async def _derived(fleet: Fleet, member: Member, urls: DatabaseUrls) -> Derived:
    pool = await connect_pool(urls.app, size=10, bounded=False)
    try:
        topics = {each.name: fleet.topic(each.name) for each in fleet.members}
        kafka = fleet.kafka.client_options()
        again = FromTopics(member.name, TABLES[member.name], pool, kafka=kafka, topics=topics)
        restored = await again.restore(urls.owner, member.declaration.deciders)
        decisions, ends, differing = 0, 0, list[str]()
        async for is_end, why in _outcomes(member, again.log, again.bring_to):
            ends, decisions = ends + is_end, decisions + (not is_end)
            differing += [why] if why else []
        return Derived(restored.events, decisions, ends, differing)
    finally:
        await pool.close()


async def _outcomes(member: Member, log: Log, bring_to: BringTo) -> AsyncIterator[tuple[bool, str]]:
    """Of each decision whether it is the end of a run, and how it differs if it does."""
    if member.name == "tiering":
        async for outcome in tiering.rederive_log(log, bring_to):
            why = "" if outcome.again.same else f"class of {outcome.dealer or 'the run'} in run {outcome.run}"
            yield outcome.dealer is None, why
        return
    async for one in credit.rederive_log(log, bring_to):
        paths = ", ".join(each.path for each in one.differences[:3])
        yield one.dealer is None, "" if one.equal else f"{one.dealer or 'the run'} in run {one.run}: {paths}"


@asynccontextmanager
async def _database(installation: Installation, where: Addresses, member: Member) -> AsyncIterator[DatabaseUrls]:
    """A migrated database that nothing but this command knows: two at once on one service have one each."""
    from service.migrations import migrate

    password = secrets.token_hex(32)
    mine = f"{database_prefix(installation)}rederived_"
    there = await databases_like(where.admin_url, mine)
    await drop_databases(where.admin_url, left_behind(there, mine, time.time()))
    prefix = f"{mine}{int(time.time()):08x}{secrets.token_hex(2)}_"
    made = await create_databases(where.admin_url, lambda role: password, prefix=prefix, names=[member.package])
    urls = made[member.package]
    try:
        migrate(urls.owner, member.migrations)
        yield urls
    finally:
        await drop_databases(where.admin_url, [urls.name])


def left_behind(names: Sequence[str], prefix: str, now: float) -> list[str]:
    """Of these databases, those that commands left which died more than a day ago; the name says when it was made."""
    made = {name: re.match(rf"{re.escape(prefix)}([0-9a-f]{{8}})[0-9a-f]{{4}}_", name) for name in names}
    return [name for name, found in made.items() if found and now - int(found[1], 16) > LEFT_SECONDS]
