"""Everything between an empty folder and four services that answer: databases, topics, migrations, processes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from dealerlog.addresses import Addresses, addresses, external_kafka, external_postgres
from dealerlog.databases import create_databases
from dealerlog.fleet import MEMBERS, Fleet, Member
from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.sample.calendar import LAST_DAY
from dealerlog.steps import Steps
from dealerlog.supervisor import Supervisor
from dealerlog.topics import create_topics

SERVICE_SECRET = "services"


async def fleet_of(
    installation: Installation,
    where: Addresses,
    *,
    ports: Mapping[str, int] | None = None,
    names: Iterable[str] = tuple(MEMBERS),
    prefix: str = "",
    currency: str | None = None,
    today: date | None = LAST_DAY,
) -> Fleet:
    """The installation's fleet, in its currency; its databases and roles are created where they are missing.

    `prefix` (`gbp.`) keeps a second fleet apart in the same Kafka and PostgreSQL. `today` is the sample network's last
    day, so that what is due and overdue looks the same whenever it is tried; None is the calendar's.
    """
    members = [MEMBERS[name] for name in names]
    before = database_prefix(installation, prefix)
    made = await create_databases(
        where.admin_url, installation.secret, prefix=before, names=[each.package for each in members]
    )
    return Fleet(
        kafka=where.kafka,
        databases={each.name: made[each.package] for each in members},
        ports=ports or installation.ports(),
        secret=installation.secret(SERVICE_SECRET),
        folder=installation.folder / "imports",
        prefix=topic_prefix(installation, prefix),
        currency=currency or installation.currency(),
        today=today,
    )


def topic_prefix(installation: Installation, prefix: str = "") -> str:
    """What stands before the topics' names: in somebody's cluster a second installation must keep apart."""
    shared = (external_postgres() or external_kafka()) is not None and installation.name != "default"
    return f"{installation.name}.{prefix}" if shared else prefix


def database_prefix(installation: Installation, prefix: str = "") -> str:
    """The same for databases."""
    return topic_prefix(installation, prefix).replace(".", "_").replace("-", "_").lower()


async def existing_fleet(installation: Installation) -> Fleet:
    """The fleet of an installation that is up; a Problem says how to start it where it is not."""
    if not installation.exists():
        raise Problem(f"there is no installation {installation.name!r}: `make run` creates it")
    where = addresses(installation)
    if installation.holder() is None and external_postgres() is None:
        raise Problem(f"installation {installation.name!r} is not up: start it with `make run` (or `make up`)")
    return await fleet_of(installation, where)


async def prepare(fleet: Fleet, steps: Steps) -> None:
    """Topics as declared, and every database migrated."""
    with steps.step("topics", "12 partitions each, kept for ever") as step:
        made = await create_topics(fleet.kafka, fleet.topics())
        step.note = f"{made} created, {len(fleet.topics()) - made} were there"
    with steps.step("migrations", "") as step:
        applied = await asyncio.to_thread(migrate_all, fleet, fleet.members)
        step.note = f"{applied} applied" if applied else "up to date"


def migrate_all(fleet: Fleet, members: Iterable[Member]) -> int:
    """Migrate databases side by side and return the number of migrations applied."""
    from service.migrations import MigrationFailed, migrate

    def one(each: Member) -> int:
        return len(migrate(fleet.databases[each.name].owner, each.migrations))

    try:
        with ThreadPoolExecutor(max_workers=4) as threads:
            return sum(threads.map(one, members))
    except MigrationFailed as error:
        raise Problem(str(error)) from error


def start(supervisor: Supervisor, fleet: Fleet, members: Iterable[Member] | None = None) -> None:
    """Start the services and wait until each is ready."""
    supervisor.start_services(fleet.processes(members), timeout_seconds=120.0)
