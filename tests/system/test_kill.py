"""Law 1: whichever process is killed (-9) during a load, nothing that was acknowledged is lost, nothing is there twice.

Three clients load sales, invoices and visits, each repeating what it has no answer for; meanwhile every process is
killed five times at seeded points and started again. Then logs and tables are compared with the clients' own ledgers.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter

import httpx
import pytest
from installed import dealers, installed, territory

from dealerlog.client import IMPORTER, Api, token
from dealerlog.fleet import MEMBERS
from dealerlog.problem import Problem
from dealerlog.readmodel import opened
from dealerlog.standing import settled
from eventlog.audit import audit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SEED, KILLS, ROWS, PAUSE_SECONDS = 20261122, 5, 10, 0.1
DEALERS = [f"C-{n}" for n in range(12)]
SAID = "We agreed on two shelves for the spring."


def sale(number: str, dealer: str) -> dict[str, str]:
    return {"kind": "sale", "dealer": dealer, "source": "erp", "invoice": number, "product": "P1", "quantity": "2",
            "unit_price": "1.25", "currency": "CNY", "sold_on": "2026-03-02"}  # fmt: skip


def invoice(number: str, dealer: str) -> dict[str, object]:
    return {"kind": "invoice", "dealer": dealer, "source": "erp", "number": number, "amount": "12.50",
            "currency": "CNY", "issued_on": "2026-03-02", "due_on": "2026-04-01", "method": "credit",
            "term_days": 30}  # fmt: skip


def visit(number: str, dealer: str) -> dict[str, object]:
    return {"dealer": dealer, "reference": number, "visited_on": "2026-03-02", "place": "Shop", "content": SAID,
            "participants": ["Wang"], "succeeded": SAID, "fell_short": SAID, "lesson": f"{SAID} {number}",
            "representative": "wang"}  # fmt: skip


LOADS = {
    "tiering": ("/sales:bulk", sale, "sale_line", "invoice"),
    "credit-rating": ("/ledger:bulk", invoice, "ledger_entry", "number"),
    "customer-registry": ("/visits:bulk", visit, "visit", "lesson"),
}
"""Service → its bulk route, a row of it, the table that shows it, and the column that tells rows apart."""


class Loader(threading.Thread):
    """A client that hands in rows until it is told to end. `said[number]`: the verdicts it had, in order."""

    def __init__(self, fleet, service, ids):
        super().__init__(daemon=True)
        self.fleet, self.service, self.ids = fleet, service, list(ids.values())
        self.said: dict[str, list[str]] = {}
        self.chunks = self.repeats = 0
        self.enough, self.failure = threading.Event(), None

    def run(self):
        try:
            with httpx.Client(timeout=15, trust_env=False) as http:
                while not self.enough.is_set():
                    self._chunk(http)
                    time.sleep(PAUSE_SECONDS)
        except BaseException as error:
            self.failure = error
            raise

    def _chunk(self, http):
        path, row, _, _ = LOADS[self.service]
        numbers = [f"{self.service}-{self.chunks}-{n}" for n in range(ROWS)]
        left = {number: row(number, self.ids[n % len(self.ids)]) for n, number in enumerate(numbers)}
        attempt = 0
        while left:
            attempt += 1
            for number, verdict in self._ask(http, path, left, attempt):
                self.said.setdefault(number, []).append(verdict)
                left.pop(number)
            if left:
                self.repeats += 1
                time.sleep(0.1)
        self.chunks += 1

    def _ask(self, http, path, rows, attempt):
        """(number, verdict) of every row that was answered; what has no answer is asked again."""
        headers = {
            "Authorization": f"Bearer {token(self.fleet.secret, IMPORTER)}", "Content-Type": "application/x-ndjson",
            "Idempotency-Key": f"{self.service}-{self.chunks}-{attempt}",
        }  # fmt: skip
        content = "".join(json.dumps(row) + "\n" for row in rows.values())
        try:
            answer = http.post(self.fleet.urls[self.service] + path, headers=headers, content=content)
        except httpx.TransportError:
            return []
        if answer.status_code >= 500:
            return []
        assert answer.status_code == 200, answer.text
        numbers, found = list(rows), []
        for line in answer.text.splitlines():
            try:
                said = json.loads(line)
            except ValueError:  # cut off: the rest has no answer
                break
            if said.get("verdict") in ("accepted", "duplicate"):
                found.append((numbers[said["row"] - 1], said["verdict"]))
            else:
                assert "summary" in said or said.get("retry"), said
        return found


class Killer:
    """Kills processes and starts them again; every process has its name here."""

    def __init__(self, supervisor, fleet, loaders):
        self.supervisor, self.fleet, self.loaders = supervisor, fleet, loaders
        self.chance = random.Random(SEED)
        self.killed: Counter[str] = Counter()

    def a_seeded_while(self):
        """Until each client got some more answers, and a moment into its next request."""
        until = {loader: loader.chunks + self.chance.randrange(1, 4) for loader in self.loaders}
        deadline = time.monotonic() + 90
        while any(loader.chunks < chunks for loader, chunks in until.items()):
            assert not any(loader.failure for loader in self.loaders), [loader.failure for loader in self.loaders]
            assert time.monotonic() < deadline, {loader.service: (loader.chunks, loader.repeats) for loader in until}
            time.sleep(0.01)
        time.sleep(self.chance.random() * 0.15)

    def services(self):
        """Each at a moment of its own, then all started side by side."""
        names = list(MEMBERS)
        self.chance.shuffle(names)
        for name in names:
            self._kill(name)
            time.sleep(self.chance.random() * 0.3)
        self.up()

    def kafka(self):
        self._kill_child("Kafka", self.supervisor.kafka.child)
        time.sleep(self.chance.random())
        self._again(self.supervisor.kafka.start)
        self.up()

    def postgres(self):
        self._kill_child("PostgreSQL", self.supervisor.postgres.child)
        time.sleep(self.chance.random())
        self._again(self.supervisor.postgres.start)
        self.up()

    def up(self):
        """Start every service that does not run, as whoever keeps processes running would."""
        dead = {child.name for child in self.supervisor.services if not child.alive()}
        self.supervisor.services = [child for child in self.supervisor.services if child.name not in dead]
        running = {child.name for child in self.supervisor.services}
        missing = [process for process in self.fleet.processes() if process.name not in running]
        if missing:
            self.supervisor.start_services(missing, timeout_seconds=120)

    def _kill(self, name):
        (child,) = [child for child in self.supervisor.services if child.name == name]
        self._kill_child(name, child)

    def _kill_child(self, name, child):
        child.popen.kill()
        child.popen.wait()
        self.killed[name] += 1

    def _again(self, start):
        for attempt in range(10):  # PostgreSQL's orphans hold its memory for a moment
            try:
                start()
                return
            except Problem:
                if attempt == 9:
                    raise
                time.sleep(0.5)


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
