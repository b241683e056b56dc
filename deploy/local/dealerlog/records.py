"""What an operator does with one service's log, each as one step with its figures."""

from __future__ import annotations

import secrets

import asyncpg
import httpx
from aiokafka.errors import KafkaError
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from dealerlog.fleet import Fleet, Member
from dealerlog.problem import Problem
from dealerlog.readmodel import opened
from dealerlog.running import migrate_all
from dealerlog.steps import Steps
from dealerlog.topics import create_topics
from eventlog import restore as restoring
from eventlog.rebuild import Progress, Rebuilt
from eventlog.republish import republish as forget_marks
from eventlog.topics import declared


async def rebuild(fleet: Fleet, member: Member, steps: Steps, *, keep: bool = False, processes: int = 1) -> Rebuilt:
    """Rebuild a service's tables with a bar that shows events done, their rate and the time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    bar = Bar(*columns, TimeRemainingColumn(), console=steps.console, transient=True)
    task = bar.add_task(member.name, total=None, rate="")

    def told(progress: Progress) -> None:
        description = f"rebuild {member.name}: {progress.step}"
        bar.update(task, description=description, completed=progress.events, total=progress.total,
                   rate=f"{progress.rate:,.0f} events/s")  # fmt: skip

    async with opened(fleet, member) as inside:
        with steps.quiet_step("rebuild", member.name) as step, bar:
            rebuilt = await inside.rebuild(told, keep=keep, processes=processes)
            rows = sum(each.green.rows for each in rebuilt.compared)
            rate = rebuilt.events / max(rebuilt.seconds, 1e-6)
            step.note = (
                f"{member.name}: {rebuilt.events:,} events → {rows:,} rows in {len(rebuilt.compared)} tables, "
                f"all equal; {rate:,.0f} events/s"
            )
    return rebuilt


async def republish(fleet: Fleet, member: Member, steps: Steps) -> int:
    """Create the topic if it is gone, and let the publisher begin at the topic's own end."""
    with steps.step("republish", member.name) as step:
        await create_topics(fleet.kafka, [declared(member.name, fleet.prefix)])
        events = await forget_marks(fleet.databases[member.name].owner)
        step.note = f"{member.name}: {events:,} events to send"
    return events


async def restore(fleet: Fleet, member: Member, steps: Steps) -> restoring.Restored:
    """Fill a migrated, empty database from its topic."""
    await require_stopped(fleet, member)
    migrate_all(fleet, [member])
    return await _join(fleet, member, steps, "restore", restoring.restore)


async def adopt(fleet: Fleet, member: Member, steps: Steps) -> restoring.Restored:
    """Add to a log what only its topic has, and raise its lineage."""
    await require_stopped(fleet, member)
    return await _join(fleet, member, steps, "adopt", restoring.adopt)


async def _join(fleet: Fleet, member: Member, steps: Steps, name: str, act: object) -> restoring.Restored:
    assert callable(act)
    with steps.step(name, member.name) as step:

        def told(partition: int, events: int) -> None:
            step.tell(f"{member.name}: partition {partition}, {events:,} events")

        try:
            done: restoring.Restored = await act(
                fleet.databases[member.name].owner, fleet.kafka.client_options(), fleet.topic(member.name),
                member.name, member.declaration.deciders, progress=told,
            )  # fmt: skip
        except (restoring.CannotRestore, KafkaError, asyncpg.PostgresError) as error:
            raise Problem(f"{member.name}: {error}") from error
        step.note = f"{member.name}: {done.events:,} events, {done.claims:,} claims, lineage {done.lineage}"
    return done


async def require_stopped(fleet: Fleet, member: Member) -> None:
    """Refuse while the service answers: its lineage would be pulled from under it."""
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as http:
            await http.get(f"{fleet.urls[member.name]}/health/live")
    except httpx.HTTPError:
        return
    raise Problem(f"{member.name} is running: stop it (`make down`), start Kafka and PostgreSQL alone (`make up`)")


def fresh_key() -> str:
    """An Idempotency-Key for something a person asks for anew each time."""
    return f"cli-{secrets.token_hex(8)}"
