"""Clients that import files and hand in rows while processes are killed; the killer starts everything again.

Each client knows what it was told and repeats, under the same key, what it has no answer for.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from dataclasses import replace
from typing import Any, NamedTuple

import asyncpg
import httpx
from files import File

from dealerlog.client import IMPORTER, token
from dealerlog.problem import Problem

SEED, ROWS, PAUSE_SECONDS = 20261122, 10, 0.5
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
    "tiering": ("/sales:bulk", sale),
    "credit-rating": ("/ledger:bulk", invoice),
    "customer-registry": ("/visits:bulk", visit),
}
"""Service → its bulk route and a row of it."""


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
        path, row = LOADS[self.service]
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


class Importer(threading.Thread):
    """A client that imports one file and asks until it is told the end; without an answer it sends the file again."""

    def __init__(self, fleet: Any, file: File) -> None:
        super().__init__(daemon=True)
        self.fleet, self.file = fleet, file
        self.id: str | None = None
        self.end: dict[str, Any] | None = None
        self.repeats = 0
        self.states: list[str] = []
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            with httpx.Client(timeout=15, trust_env=False) as http:
                while self.end is None:
                    if not (self._send(http) and self._told(http)):
                        self.repeats += 1
                        time.sleep(0.1)
        except BaseException as error:
            self.failure = error
            raise

    def _send(self, http: httpx.Client) -> bool:
        headers = {
            "Content-Type": "application/octet-stream", "Import-Profile": self.file.profile,
            "Idempotency-Key": self.file.name,
        }  # fmt: skip
        asked = {"name": self.file.name, **self.file.kind.asked}
        found = self._asked(http, "POST", "/imports", params=asked, content=self.file.content, headers=headers)
        return found is not None

    def _told(self, http: httpx.Client) -> bool:
        while self.end is None:
            time.sleep(0.05)
            if self._asked(http, "GET", f"/imports/{self.id}") is None:
                return False
        return True

    def _asked(self, http: httpx.Client, method: str, path: str, **request: Any) -> dict[str, Any] | None:
        """The import as the answer shows it; None without one."""
        headers = {"Authorization": f"Bearer {token(self.fleet.secret, IMPORTER)}"} | request.pop("headers", {})
        try:
            answer = http.request(method, self.fleet.urls[self.file.service] + path, headers=headers, **request)
        except httpx.TransportError:
            return None
        if answer.status_code >= 500:
            return None
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        assert self.id in (None, found["id"]), "the same request is the same import"
        self.id = found["id"]
        if found["state"] not in self.states[-1:]:
            self.states.append(found["state"])
        if found["state"] not in ("waiting", "running"):
            self.end = found
        return found


class Kill(NamedTuple):
    """A process that was killed, and how many of its file's events were there then: in the log, or seen by it."""

    process: str
    file: str
    there: int
    events: int


WAIT_SECONDS = 90.0
SEEN = """
select p.partition, p.sequence from projection.position p join projection.generation g on p.reader = g.schema
where p.source = $1
"""
OF_IMPORT = """
select count(*) from log.event e
join unnest($1::smallint[], $2::bigint[], $3::bigint[]) as part (partition, after, upto) using (partition)
where e.sequence > part.after and e.sequence <= part.upto and position($4::bytea in e.document) > 0
"""
ENDS = "select partition, max(sequence) as sequence from log.event group by partition"
EARLY, MIDDLE, LATER, LATE = (0.02, 0.15), (0.2, 0.45), (0.5, 0.7), (0.75, 0.9)
"""Between which shares of an import's events the seeded point lies: reporting, its owner, PostgreSQL, Kafka."""


class Killer:
    """Kills each process at a seeded point between the first and the last row of an import, and starts it again."""

    def __init__(self, supervisor: Any, fleet: Any) -> None:
        self.supervisor, self.fleet = supervisor, fleet
        self.chance = random.Random(SEED)
        self.kills: list[Kill] = []
        self._runner = asyncio.Runner()
        self._open: dict[str, asyncpg.Connection] = {}
        self._begun: dict[str, dict[int, int]] = {}
        self._lagging: tuple[Importer, int] | None = None

    def close(self) -> None:
        for connection in self._open.values():
            connection.terminate()
        self._runner.close()

    def during(self, files: list[File]) -> list[Importer]:
        """Import files side by side, one a service, under one kill of each process; answers the clients, at the end."""
        importers = {file.service: Importer(self.fleet, file) for file in files}
        self._begun = {service: self._ends(service) for service in importers}
        for importer in importers.values():
            importer.start()
        owners = {service: (importer, self._point(importer.file, MIDDLE)) for service, importer in importers.items()}
        watched = importers[self.chance.choice(list(importers))]
        self._kill_services(owners, watched, self._point(watched.file, EARLY))
        for name, part, share in (
            ("PostgreSQL", self.supervisor.postgres, LATER),
            ("Kafka", self.supervisor.kafka, LATE),
        ):
            importer, there = self._reached({each: self._point(each.file, share) for each in importers.values()})
            self._kill(name, part.child, importer.file, there)
            time.sleep(self.chance.random())
            self._again(part.start)
        deadline = time.monotonic() + WAIT_SECONDS
        while self._lagging or any(importer.is_alive() for importer in importers.values()):
            assert time.monotonic() < deadline, {each.file.name: each.states for each in importers.values()}
            self._kill_reporting()
            self._revive()
            time.sleep(0.05)
        assert not any(each.failure for each in importers.values()), [each.failure for each in importers.values()]
        return list(importers.values())

    def up(self) -> None:
        """Every service answers again."""
        deadline = time.monotonic() + WAIT_SECONDS
        for process in self.fleet.processes():
            while not _answers(process.ready_url):
                assert time.monotonic() < deadline, process.name
                self._revive()
                time.sleep(0.05)

    def _kill_services(self, owners: dict[str, tuple[Importer, int]], watched: Importer, seen: int) -> None:
        """Each owner once its log is that far, reporting once it has seen that much of the watched import.

        Where reporting lags, it is waited for beside all that follows: the imports would be over before.
        """
        waiting, self._lagging = dict(owners), (watched, seen)
        deadline = time.monotonic() + WAIT_SECONDS
        while waiting:
            assert time.monotonic() < deadline, (waiting, self.kills)
            for name, (importer, point) in list(waiting.items()):
                if (there := self._there(importer)) >= point:
                    self._kill(name, self._child(name), importer.file, there)
                    del waiting[name]
            self._kill_reporting()
            time.sleep(0.005)
        self._revive()

    def _kill_reporting(self) -> None:
        """Once it has seen enough of the import that it is watched for."""
        if self._lagging is None:
            return
        importer, point = self._lagging
        if (there := self._there(importer, reader="reporting")) >= point:
            self._kill("reporting", self._child("reporting"), importer.file, there)
            self._lagging = None

    def _reached(self, points: dict[Importer, int]) -> tuple[Importer, int]:
        """The first import that comes to its point and is not at its end yet, and its events there."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            for importer, point in points.items():
                if point <= (there := self._there(importer)) < importer.file.events:
                    return importer, there
            assert time.monotonic() < deadline, {each.file.name: each.states for each in points}
            self._kill_reporting()
            self._revive()
            time.sleep(0.005)

    def _point(self, file: File, share: tuple[float, float]) -> int:
        return max(1, int(file.events * self.chance.uniform(*share)))

    def _there(self, importer: Importer, *, reader: str | None = None) -> int:
        """Events of an import in its owner's log, or of them what a reader has seen."""
        if importer.id is None:
            return 0
        service = importer.file.service
        try:
            ends = self._ends(service) if reader is None else self._rows(reader, SEEN, service)
            begun = [self._begun[service].get(partition, 0) for partition in ends]
            mark = f'"importid":"{importer.id}"'.encode()
            (found,) = self._fetch(service, OF_IMPORT, list(ends), begun, list(ends.values()), mark)
            return int(found[0])
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # PostgreSQL is just starting
            self._open.clear()
            return 0

    def _ends(self, service: str) -> dict[int, int]:
        return self._rows(service, ENDS)

    def _rows(self, service: str, query: str, *arguments: Any) -> dict[int, int]:
        return {row["partition"]: row["sequence"] for row in self._fetch(service, query, *arguments)}

    def _fetch(self, service: str, query: str, *arguments: Any) -> list[Any]:
        return self._runner.run(self._fetched(service, query, *arguments))

    async def _fetched(self, service: str, query: str, *arguments: Any) -> list[Any]:
        if service not in self._open:
            self._open[service] = await asyncpg.connect(self.fleet.databases[service].app)
        found: list[Any] = await self._open[service].fetch(query, *arguments)
        return found

    def _child(self, name: str) -> Any:
        (child,) = [child for child in self.supervisor.services if child.name == name]
        return child

    def _kill(self, name: str, child: Any, file: File, there: int) -> None:
        child.popen.kill()
        child.popen.wait()
        self.kills.append(Kill(name, file.name, there, file.events))

    def _revive(self) -> None:
        """Start every service that does not run, as whoever keeps processes running would; not waiting for them."""
        dead = {child.name for child in self.supervisor.services if not child.alive()}
        if dead:
            self.supervisor.services = [child for child in self.supervisor.services if child.name not in dead]
            missing = [replace(each, ready_url=None) for each in self.fleet.processes() if each.name in dead]
            self.supervisor.start_services(missing)

    def _again(self, start: Any) -> None:
        for attempt in range(10):  # PostgreSQL's orphans hold its memory for a moment
            try:
                start()
                return
            except Problem:
                if attempt == 9:
                    raise
                time.sleep(0.5)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False
