"""How the network is handed in: in order, under stable keys, waiting for what it builds on, again without effect."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest

from dealerlog.problem import Problem
from dealerlog.sample import loader
from dealerlog.sample.loader import Client, Loaded, Progress, load
from dealerlog.sample.network import Network, network

REGISTRY, CREDIT, TIERING = "customer-registry", "credit-rating", "tiering"
ADDRESSES = {REGISTRY: "http://registry.test", CREDIT: "http://credit.test/", TIERING: "http://tiering.test"}


class Ledger:
    """Answers as the services promise to (architecture.md 7): a write once a key, a version, a position, verdicts."""

    def __init__(self) -> None:
        self.writes: list[httpx.Request] = []
        self.answers: dict[tuple[str, str, str], httpx.Response] = {}
        self.versions: Counter[str] = Counter()
        self.sequence = 0
        self.rows: set[str] = set()
        self.away: list[int] = []
        self.reject = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            return httpx.Response(self.away.pop(), headers={"Retry-After": "0"})
        self.writes.append(request)
        if request.url.path.endswith(":bulk"):
            return self._bulk(request)
        place = (request.headers["Authorization"], request.url.path, request.headers["Idempotency-Key"])
        if place not in self.answers:
            self.answers[place] = self._write(request)
        return self.answers[place]

    def _write(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        parts = request.url.path.strip("/").split("/")
        dealer = str(uuid5(NAMESPACE_URL, str(body["references"]))) if request.url.path == "/dealers" else parts[-2:][0]
        stream = dealer + ("/survey" if parts[-1] == "survey" else "")
        if parts[0] == "dealers":
            expected = f'"{self.versions[stream]}"' if self.versions[stream] else None
            assert request.headers.get("If-Match") == expected, (request.url, request.headers.get("If-Match"))
        self.versions[stream] += 1
        self.sequence += 1
        headers = {"ETag": f'"{self.versions[stream]}"', "Dealerlog-Position": f"{REGISTRY}:3:{self.sequence}:1"}
        return httpx.Response(200, json={"id": dealer}, headers=headers)

    def _bulk(self, request: httpx.Request) -> httpx.Response:
        lines: list[dict[str, Any]] = []
        for n, text in enumerate(request.content.decode().splitlines(), start=1):
            if self.reject and self.reject in text:
                lines.append({"row": n, "verdict": "rejected", "code": "unknown-dealer", "reason": "no such dealer"})
                continue
            lines.append({"row": n, "verdict": "duplicate" if text in self.rows else "accepted"})
            self.rows.add(text)
        lines.append({"summary": {"rows": len(lines), "positions": ["credit-rating:0:77:1"]}})
        return httpx.Response(200, content="\n".join(json.dumps(line) for line in lines))


@pytest.fixture(scope="module")
def small() -> Network:
    """Twelve general distributors and what belongs to them."""
    whole = network()
    few = whole.dealers[:12]
    kept = {d.number for d in few}
    return replace(
        whole,
        dealers=few,
        surveys=tuple(s for s in whole.surveys if s.dealer.number in kept),
        visits=tuple(v for v in whole.visits if v.dealer.number in kept),
        deliveries=tuple(d for d in whole.deliveries if d.dealer.number in kept),
        stock=tuple(s for s in whole.stock if s.dealer.number in kept),
        returns=tuple(r for r in whole.returns if r.delivery.dealer.number in kept),
        entries=whole.entries[:3000],
    )


async def _load(ledger: Ledger, small: Network, seen: list[Progress] | None = None) -> Loaded:
    async with httpx.AsyncClient(transport=httpx.MockTransport(ledger)) as http:
        client = Client(http, ADDRESSES, lambda person: person.login)
        return await load(client, small, (seen if seen is not None else []).append)


@pytest.mark.slow
async def test_a_second_load_changes_nothing(small: Network) -> None:
    ledger = Ledger()
    first = await _load(ledger, small)
    written, rows = ledger.sequence, len(ledger.rows)
    again = await _load(ledger, small)
    assert (ledger.sequence, len(ledger.rows)) == (written, rows)
    assert (first.duplicates, again.accepted) == (0, 0)
    assert again.duplicates == first.accepted > 3000
    assert again.dealers == first.dealers


async def test_each_phase_presents_what_the_one_before_has_reached(small: Network) -> None:
    ledger = Ledger()
    loaded = await _load(ledger, small)
    sent = [w for w in ledger.writes if w.url.path == "/ledger:bulk"]
    assert sent
    assert all(
        w.headers["Dealerlog-Position-At-Least"].startswith(f"{'credit-rating:0:77:1,'}{REGISTRY}:3:") for w in sent
    )
    assert loaded.positions.endswith(f"{REGISTRY}:3:{ledger.sequence}:1")


async def test_a_service_that_is_away_for_a_moment_is_asked_again_under_the_same_key(small: Network) -> None:
    ledger = Ledger()
    ledger.away = [503, 504, 429]
    loaded = await _load(ledger, small)
    assert loaded.requests == len(ledger.writes) + 3


async def test_a_rejected_row_stops_the_load_and_is_shown(small: Network) -> None:
    ledger = Ledger()
    ledger.reject = '"number":"C10003"'
    with pytest.raises(Problem, match=r"unknown-dealer: no such dealer: .*C10003"):
        await _load(ledger, small)


async def test_a_refusal_names_the_request_and_who_made_it(small: Network) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"detail": "no permission"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as http:
        with pytest.raises(Problem, match=r"refused POST /regions as .*head_of_marketing.*403"):
            await load(Client(http, ADDRESSES, lambda p: p.login), small, lambda _: None)


async def test_progress_ends_each_phase_at_its_total(small: Network) -> None:
    seen: list[Progress] = []
    await _load(Ledger(), small, seen)
    last = {p.phase: p for p in seen}
    assert all(p.done == p.total for p in last.values())
    assert last["suspensions"].rows > 3000


async def test_several_requests_are_in_flight_but_no_more_than_declared(small: Network) -> None:
    ledger, flying, most = Ledger(), 0, 0

    async def slowly(request: httpx.Request) -> httpx.Response:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0)
        flying -= 1
        return ledger(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(slowly)) as http:
        await load(Client(http, ADDRESSES, lambda person: person.login), small, lambda _: None)
    assert most == loader.IN_FLIGHT


async def test_a_bulk_write_that_was_cut_short_is_sent_again(small: Network) -> None:
    ledger, cut = Ledger(), []

    def once(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/sales:bulk" and not cut:
            cut.append(request)
            line = {
                "row": 1,
                "verdict": "rejected",
                "code": "temporarily-unavailable",
                "reason": "later",
                "retry": True,
            }
            return httpx.Response(200, content=json.dumps(line))
        return ledger(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(once)) as http:
        loaded = await load(Client(http, ADDRESSES, lambda person: person.login), small, lambda _: None)
    assert cut
    assert loaded.accepted == len(ledger.rows)
