"""Clients that load while processes are killed: each knows what it was told; the killer starts everything again."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter

import httpx

from dealerlog.client import IMPORTER, token
from dealerlog.fleet import MEMBERS
from dealerlog.problem import Problem

SEED, ROWS, PAUSE_SECONDS = 20261122, 10, 0.1
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
