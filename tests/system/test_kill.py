"""Law 1: whichever process is killed (-9) during a load, nothing that was acknowledged is lost, nothing is there twice.

Three clients load sales, invoices and visits, each repeating what it has no answer for; meanwhile every process is
killed five times at seeded points and started again. Then logs and tables are compared with the clients' own ledgers.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from installed import dealers, installed, territory
from killing import LOADS, SAID, Killer, Loader

from dealerlog.client import Api
from dealerlog.fleet import MEMBERS
from dealerlog.readmodel import opened
from dealerlog.standing import settled
from eventlog.audit import audit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
KILLS = 5
DEALERS = [f"C-{n}" for n in range(12)]


@pytest.fixture(scope="module")
def loaded():
    """Loads under kills; answers the fleet and the clients' ledgers once everything is published and seen."""
    with installed("kill") as (supervisor, fleet):
        ids = asyncio.run(_organised(fleet))
        loaders = [Loader(fleet, service, ids) for service in LOADS]
        for loader in loaders:
            loader.start()
        killer = Killer(supervisor, fleet, loaders)
        for _ in range(KILLS):
            for kill in (killer.services, killer.kafka, killer.postgres):
                killer.a_seeded_while()
                kill()
        killer.a_seeded_while()
        for loader in loaders:
            loader.enough.set()
        for loader in loaders:
            loader.join(90)
            assert not loader.is_alive() and loader.failure is None, loader.failure
        standing = asyncio.run(settled(fleet, 120))
        yield fleet, {loader.service: loader.said for loader in loaders}, killer.killed, loaders, standing


async def _organised(fleet):
    async with Api(fleet) as api:
        await territory(api)
        return await dealers(api, DEALERS)


def test_every_process_was_killed_five_times_while_clients_waited_for_answers(loaded):
    _, said, killed, loaders, _ = loaded
    assert killed == dict.fromkeys((*MEMBERS, "Kafka", "PostgreSQL"), KILLS)
    assert all(loader.repeats for loader in loaders) and all(len(each) > 100 for each in said.values())


def test_what_was_acknowledged_is_in_the_log_once_and_nothing_else_is(loaded):
    fleet, said, _, _, _ = loaded
    for service, ledger in said.items():
        assert max(verdicts.count("accepted") for verdicts in ledger.values()) == 1
        there = asyncio.run(_numbers(fleet, service))
        assert there == Counter(dict.fromkeys(ledger, 1)), service


def test_the_tables_of_the_owner_and_of_reporting_show_the_same_rows_once(loaded):
    fleet, said, _, _, _ = loaded
    for service, ledger in said.items():
        for reader in (service, "reporting"):
            assert asyncio.run(_rows(fleet, service, reader)) == Counter(dict.fromkeys(ledger, 1)), (service, reader)


def test_every_log_is_dense_and_chained_and_nothing_is_parked(loaded):
    fleet, _, _, _, standing = loaded
    for service in MEMBERS:
        done = asyncio.run(audit(fleet.databases[service].app, MEMBERS[service].declaration.deciders))
        assert done.problems == []
    assert [each.parked for each in standing] == [[]] * len(MEMBERS)


def test_the_tables_equal_a_rebuild(loaded):
    fleet = loaded[0]
    for service in MEMBERS:
        rebuilt = asyncio.run(_rebuilt(fleet, service))
        assert not rebuilt.parked and all(each.equal for each in rebuilt.compared), service
        assert rebuilt.events > 0


NUMBERS = {
    "tiering": "select convert_from(document, 'UTF8')::jsonb -> 'data' ->> 'invoice' from log.event "
    "where stream like '%/sales'",
    "credit-rating": "select convert_from(document, 'UTF8')::jsonb -> 'data' ->> 'number' from log.event "
    "where stream like '%/ledger'",
    "customer-registry": "select split_part(convert_from(document, 'UTF8')::jsonb -> 'data' ->> 'lesson', '. ', 2) "
    "from log.event where stream like '%/contacts'",
}


async def _numbers(fleet, service):
    async with opened(fleet, MEMBERS[service]) as inside:
        return Counter(row[0] for row in await inside.pool.fetch(NUMBERS[service]))


async def _rows(fleet, service, reader):
    _, _, table, column = LOADS[service]
    async with opened(fleet, MEMBERS[reader]) as inside:
        schema = await inside.pool.fetchval("select schema from projection.generation")
        rows = await inside.pool.fetch(f'select "{column}" from {schema}.{table}')
    return Counter(row[0].removeprefix(f"{SAID} ") for row in rows)


async def _rebuilt(fleet, service):
    async with opened(fleet, MEMBERS[service]) as inside:
        return await inside.rebuild(lambda progress: None)
