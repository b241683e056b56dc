"""Law 1: whichever process is killed (-9) between the first and last row of an import, nothing is lost or there twice.

Five times, three clients import a file each (sales, invoices, dealers) through the imports API, and every process is
killed once at a seeded point of one of them and started again. Beside them three clients hand in rows in bulk. Then
verdicts, logs and tables are compared with the clients' own ledgers: the files, and what they were answered.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, NamedTuple

import pytest
from files import KINDS, File
from installed import dealers, installed, territory
from killing import LOADS, SAID, Importer, Kill, Killer, Loader

from dealerlog.client import Api
from dealerlog.fleet import MEMBERS
from dealerlog.readmodel import opened
from dealerlog.standing import settled
from eventlog.audit import audit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
KILLS = 5
DEALERS = tuple(f"C-{n}" for n in range(12))


class Loaded(NamedTuple):
    """What ran, what was killed when, what the clients were told; `numbers`: what each log must hold, once."""

    fleet: Any
    kills: list[Kill]
    importers: list[Importer]
    loaders: list[Loader]
    standing: list[Any]

    def numbers(self, service: str) -> Counter[str]:
        files = [each.file for each in self.importers if each.file.service == service]
        (loader,) = [each for each in self.loaders if each.service == service]
        return Counter([*loader.said, *(number for file in files for number in file.accepted.values())])


@pytest.fixture(scope="module")
def loaded():
    """Imports and loads under kills; answers once everything is published and seen."""
    with installed("kill") as (supervisor, fleet):
        ids = asyncio.run(_organised(fleet))
        loaders = [Loader(fleet, service, ids) for service in LOADS]
        for loader in loaders:
            loader.start()
        killer = Killer(supervisor, fleet)
        importers: list[Importer] = []
        for turn in range(KILLS):
            importers += killer.during([File(service, turn, DEALERS) for service in KINDS])
            killer.up()
        for loader in loaders:
            loader.enough.set()
        for loader in loaders:
            loader.join(90)
            assert not loader.is_alive() and loader.failure is None, loader.failure
        killer.close()
        standing = asyncio.run(settled(fleet, 120))
        yield Loaded(fleet, killer.kills, importers, loaders, standing)


async def _organised(fleet):
    async with Api(fleet) as api:
        await territory(api)
        made = await dealers(api, DEALERS)
    await settled(fleet, 60)  # or a row of the first file might name a dealer that is not shown yet
    return made


def test_every_process_was_killed_five_times_between_the_first_and_the_last_row_of_an_import(loaded):
    assert Counter(kill.process for kill in loaded.kills) == dict.fromkeys((*MEMBERS, "Kafka", "PostgreSQL"), KILLS)
    assert [kill for kill in loaded.kills if not 0 < kill.there < kill.events] == []
    points = {(kill.process, kill.file, kill.there) for kill in loaded.kills}
    assert len(points) == len(loaded.kills), "each time at another point"


def test_every_import_ended_with_the_verdicts_of_the_clients_ledger(loaded):
    assert len(loaded.importers) == KILLS * len(KINDS)
    for importer in loaded.importers:
        file, end = importer.file, importer.end
        told = {"accepted": end["accepted"], "duplicate": end["duplicates"], "rejected": end["rejected"]}
        assert (end["state"], end["rows"], told) == ("completed", len(file.said), told | file.counts), file.name
        assert end["trouble"] is None and importer.repeats, file.name


def test_every_accepted_row_of_a_file_is_in_the_log_once_and_no_other_row_is(loaded):
    for importer in loaded.importers:
        there = asyncio.run(_rows_of_import(loaded.fleet, importer.file.service, importer.id))
        expected = dict.fromkeys(importer.file.accepted, importer.file.kind.events_a_row)
        assert there == Counter(expected), importer.file.name


def test_what_was_acknowledged_is_in_the_log_once_and_nothing_else_is(loaded):
    for loader in loaded.loaders:
        assert max(verdicts.count("accepted") for verdicts in loader.said.values()) == 1
        assert loader.repeats and len(loader.said) > 100
        there = asyncio.run(_numbers(loaded.fleet, loader.service))
        assert there == loaded.numbers(loader.service), loader.service


def test_the_tables_of_the_owner_and_of_reporting_show_the_same_rows_once(loaded):
    for service in LOADS:
        for reader in (service, "reporting"):
            shown = asyncio.run(_rows(loaded.fleet, service, reader))
            assert shown == loaded.numbers(service), (service, reader)


def test_every_log_is_dense_and_chained_and_nothing_is_parked(loaded):
    for service in MEMBERS:
        done = asyncio.run(audit(loaded.fleet.databases[service].app, MEMBERS[service].declaration.deciders))
        assert done.problems == []
    assert [each.parked for each in loaded.standing] == [[]] * len(MEMBERS)


def test_the_tables_equal_a_rebuild(loaded):
    for service in MEMBERS:
        rebuilt = asyncio.run(_rebuilt(loaded.fleet, service))
        assert not rebuilt.parked and all(each.equal for each in rebuilt.compared), service
        assert rebuilt.events > 0


DATA = "select convert_from(document, 'UTF8')::jsonb"
NUMBERS = {
    "tiering": f"{DATA} -> 'data' ->> 'invoice' from log.event where stream like '%/sales'",
    "credit-rating": f"{DATA} -> 'data' ->> 'number' from log.event where stream like '%/ledger' "
    "and convert_from(document, 'UTF8')::jsonb ->> 'type' like '%InvoiceIssued%'",
    "customer-registry": f"""
        {DATA} -> 'data' -> 'references' -> 0 ->> 'number' from log.event where stream like '%/file'
        and convert_from(document, 'UTF8')::jsonb ->> 'type' like '%DealerOnboarded%'
        union all select split_part(convert_from(document, 'UTF8')::jsonb -> 'data' ->> 'lesson', '. ', 2)
        from log.event where stream like '%/contacts'""",
}
ROWS_OF_IMPORT = f"""
select row, count(*) from (
    {DATA} ->> 'importid' as importid, (convert_from(document, 'UTF8')::jsonb ->> 'importrow')::int as row
    from log.event where position('"importid":' in convert_from(document, 'UTF8')) > 0
) as brought where importid = $1 group by row
"""
SHOWN = {
    "tiering": "select invoice from {}.sale_line",
    "credit-rating": "select number from {}.ledger_entry where kind = 'invoice'",
    "customer-registry": "select lesson from {}.visit",
}
DEALERS_SHOWN = {"customer-registry": "select name from {}.dealer", "reporting": "select name from {}.onboarding"}


async def _numbers(fleet, service):
    async with opened(fleet, MEMBERS[service]) as inside:
        found = Counter(row[0] for row in await inside.pool.fetch(NUMBERS[service]))
    return found - Counter(DEALERS)  # onboarded before


async def _rows_of_import(fleet, service, import_id):
    async with opened(fleet, MEMBERS[service]) as inside:
        return Counter({row[0]: row[1] for row in await inside.pool.fetch(ROWS_OF_IMPORT, import_id)})


async def _rows(fleet, service, reader):
    async with opened(fleet, MEMBERS[reader]) as inside:
        schema = await inside.pool.fetchval("select schema from projection.generation")
        rows = await inside.pool.fetch(SHOWN[service].format(schema))
        shown = Counter(row[0].removeprefix(f"{SAID} ") for row in rows)
        if service == "customer-registry":
            named = await inside.pool.fetch(DEALERS_SHOWN[reader].format(schema))
            shown += Counter(row[0].removeprefix("Customer ") for row in named if row[0].startswith("Customer "))
    return shown


async def _rebuilt(fleet, service):
    async with opened(fleet, MEMBERS[service]) as inside:
        return await inside.rebuild(lambda progress: None)
