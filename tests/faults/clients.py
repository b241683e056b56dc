"""Clients that never give up: each command is repeated under its own id until it is answered."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

import httpx

from dealerlog.client import IMPORTER, token
from dealerlog.fleet import Fleet
from dealerlog.sample.organisation import Person
from eventlog.position import Position
from faults.families import CLERK, FAMILIES, MARK, invoice, sale, visit
from faults.ledger import Entry, Ledger, Outcome

ROWS, PAUSE_SECONDS, AGAIN_SECONDS = 6, 0.15, 0.1
TIMEOUT = httpx.Timeout(5.0, connect=2.0)
PASSING = (401, 408, 425, 429)
"""Refusals that another attempt may not meet: by a service whose clock is wrong, or that asks for a pause."""


class Client(threading.Thread):
    """Sends one turn after the other; `rest` lets it end its turn and wait, `go_on` wakes it."""

    def __init__(self, name: str, fleet: Fleet, ledger: Ledger, dealers: list[str]) -> None:
        super().__init__(daemon=True, name=name)
        self.fleet, self.ledger, self.dealers = fleet, ledger, dealers
        self.turns = 0
        self.failure: BaseException | None = None
        self._may_go, self._resting, self._enough = threading.Event(), threading.Event(), threading.Event()
        self._may_go.set()

    def rest(self) -> None:
        """Ask it to stop after this turn."""
        self._may_go.clear()

    def rests(self) -> bool:
        """Whether its last turn was answered to the end."""
        return self._resting.is_set()

    def go_on(self) -> None:
        """Let it send again."""
        self._resting.clear()
        self._may_go.set()

    def end(self) -> None:
        """Let it end, in the middle of a turn if that is never answered."""
        self._enough.set()
        self._may_go.set()

    def run(self) -> None:
        try:
            with httpx.Client(timeout=TIMEOUT, trust_env=False) as http:
                while not self._enough.is_set():
                    if not self._may_go.is_set():
                        self._resting.set()
                        self._may_go.wait()
                        continue
                    self.turn(http)
                    self.turns += 1
                    self._enough.wait(PAUSE_SECONDS)
        except BaseException as error:
            self.failure = error
            self.ledger.complain(f"{self.name} ended: {error!r}")

    def turn(self, http: httpx.Client) -> None:
        """One command, or one chunk of facts, until all of it is answered."""
        raise NotImplementedError

    def entry(self, family: str, n: int = 0) -> Entry:
        """A new line of the ledger."""
        return Entry(f"{MARK}{self.name}-{self.turns}-{n}", family, self.name, self.turns)

    def post(
        self, http: httpx.Client, service: str, path: str, who: Person, *, key: str, **request: Any
    ) -> tuple[Outcome, httpx.Response | None]:
        """One attempt and what is known of it."""
        headers = {"Authorization": f"Bearer {token(self.fleet.secret, who)}", "Idempotency-Key": key}
        headers |= request.pop("headers", {})
        try:
            answer = http.post(self.fleet.urls[service] + path, headers=headers, **request)
        except httpx.ConnectError:
            return "failed", None
        except httpx.TransportError:
            return "unknown", None
        if answer.is_success:
            return "ok", answer
        return ("unknown" if answer.status_code >= 500 else "failed"), answer

    def again(self) -> bool:
        """Wait a moment before the next attempt; False: it is to end."""
        return not self._enough.wait(AGAIN_SECONDS)


class Facts(Client):
    """Hands in rows in bulk."""

    def __init__(
        self, fleet: Fleet, ledger: Ledger, dealers: list[str], family: str, path: str,
        row: Callable[[str, str], Mapping[str, Any]],
    ) -> None:  # fmt: skip
        super().__init__(family, fleet, ledger, dealers)
        self.family, self.path, self.row = family, path, row

    def turn(self, http: httpx.Client) -> None:
        left = [self.entry(self.family, n) for n in range(ROWS)]
        while left:
            self.ledger.attempt(left)
            told = self._ask(http, left)
            for entry in left:
                self.ledger.outcome(entry, *told[entry.number])
            left = [entry for entry in left if told[entry.number][0] != "ok"]
            if left and not self.again():
                return

    def _dealer(self, number: str) -> str:
        """The dealer of a row, the same from attempt to attempt."""
        return self.dealers[crc32(number.encode()) % len(self.dealers)]

    def _ask(self, http: httpx.Client, entries: list[Entry]) -> dict[str, tuple[Outcome, Position | None]]:
        rows = [self.row(each.number, self._dealer(each.number)) for each in entries]
        content = "".join(json.dumps(row) + "\n" for row in rows)
        outcome, answer = self.post(
            http, FAMILIES[self.family].service, self.path, IMPORTER, key=f"{entries[0].number}+{len(entries)}",
            content=content, headers={"Content-Type": "application/x-ndjson"},
        )  # fmt: skip
        told: dict[str, tuple[Outcome, Position | None]] = {each.number: (outcome, None) for each in entries}
        if answer is None or not answer.is_success:
            if answer is not None and 400 <= answer.status_code < 500 and answer.status_code not in PASSING:
                raise RuntimeError(f"{answer.status_code} {answer.text[:300]}")
            return told
        told = dict.fromkeys(told, ("unknown", None))
        for line in answer.text.splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                break  # cut off: the rest has no answer
            if "summary" in said:
                continue
            number = entries[said["row"] - 1].number
            if said["verdict"] == "rejected":
                if not said.get("retry"):
                    raise RuntimeError(f"{number} was rejected: {said}")
            else:
                told[number] = ("ok", Position.parse(said["position"]))
        return told


class Edits(Client):
    """Writes one edited stream alone, so that nobody else can make its version stale."""

    def __init__(self, name: str, fleet: Fleet, ledger: Ledger, dealers: list[str]) -> None:
        super().__init__(name, fleet, ledger, dealers)
        self.etag = ""
        self._losses = 0

    def command(
        self, http: httpx.Client, family: str, path: str, who: Person, body: Mapping[str, Any], entry: Entry,
        *, edits: bool = True,
    ) -> bool:  # fmt: skip
        """Send one command until it is answered; False: it was given up, for the campaign ends or history was lost."""
        while True:
            self.ledger.attempt([entry])
            headers = {"If-Match": self.etag} if edits else {}
            outcome, answer = self.post(
                http, FAMILIES[family].service, path, who, key=entry.number, json=body, headers=headers
            )
            at = answer.headers.get("Dealerlog-Position") if answer is not None and outcome == "ok" else None
            self.ledger.outcome(entry, outcome, Position.parse(at) if at else None)
            if outcome == "ok" and answer is not None:
                self.etag = answer.headers["ETag"]
                return True
            if answer is not None and 400 <= answer.status_code < 500 and answer.status_code not in PASSING:
                if self._losses == self.ledger.losses and not self.ledger.rewinding:
                    self.ledger.complain(f"{entry.number}: {answer.status_code} {answer.text[:200]}")
                self._losses = self.ledger.losses
                self.catch_up(http)
                return False
            if not self.again():
                return False

    def catch_up(self, http: httpx.Client) -> None:
        """Learn how the stream stands, after history was lost."""


class Cards(Edits):
    """Revises the basic card of one dealer, version by version."""

    def turn(self, http: httpx.Client) -> None:
        if not self.etag:
            self.catch_up(http)
        entry = self.entry("card")
        path = f"/dealers/{self.dealers[0]}/card"
        self.command(http, "card", path, CLERK, {"address": entry.number}, entry)

    def catch_up(self, http: httpx.Client) -> None:
        url = f"{self.fleet.urls['customer-registry']}/dealers/{self.dealers[0]}/card"
        headers = {"Authorization": f"Bearer {token(self.fleet.secret, CLERK)}"}
        while True:
            try:
                answer = http.get(url, headers=headers)
                if answer.is_success:
                    self.etag = answer.headers["ETag"]
                    return
            except httpx.TransportError:
                pass
            if not self.again():
                return


class Orders(Edits):
    """Places an order and cancels it, again and again."""

    def turn(self, http: httpx.Client) -> None:
        placed, cancelled = self.entry("order"), self.entry("cancel", 1)
        path = f"/dealers/{self.dealers[0]}/orders"
        body = {"number": placed.number, "amount": "10.00", "currency": "CNY"}
        if self.command(http, "order", path, IMPORTER, body, placed, edits=False):
            self.command(
                http, "cancel", f"{path}/{placed.number}/cancel", IMPORTER, {"reason": cancelled.number}, cancelled
            )


def clients(fleet: Fleet, ledger: Ledger, dealers: list[str]) -> list[Client]:
    """One of each sort; the editing ones each have a dealer to themselves."""
    return [
        Facts(fleet, ledger, dealers[2:], "sale", "/sales:bulk", sale),
        Facts(fleet, ledger, dealers[2:], "invoice", "/ledger:bulk", invoice),
        Facts(fleet, ledger, dealers[2:], "visit", "/visits:bulk", visit),
        Cards("card", fleet, ledger, dealers[:1]),
        Orders("order", fleet, ledger, dealers[1:2]),
    ]
