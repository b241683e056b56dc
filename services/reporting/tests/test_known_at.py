"""Known at a moment: each log's owner says what it had recorded then; nothing else is shown, and nothing less."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from owners import Owners
from small_story import ANNA, Served
from written_log import FIRST_MOMENT

FIRST = datetime.fromtimestamp(FIRST_MOMENT / 1_000_000, UTC)
"""Every partition's first event was recorded then, the others a millisecond apart."""
MARCH = {"as_of": "2026-03-31"}


@pytest.fixture
def owners(served: Served) -> Any:
    """The owners of the three logs, who all answer again afterwards."""
    peers, found = served.app.state.runtime.peers, served.app.state.owners
    peers._silent.clear()
    yield found
    found.away, found.instead, found.more = set(), {}, 0
    peers._silent.clear()


async def anna(client: httpx.AsyncClient, **asked: str) -> Any:
    return (await client.get(f"/api/dealers/{ANNA}", params=MARCH | asked)).json()


def before_the_late_invoice(served: Served) -> datetime:
    """A moment that the late invoice, which reporting has consumed, comes after."""
    sequence = int(served.places["late"].split("/")[-1])
    return FIRST + timedelta(milliseconds=sequence - 1) - timedelta(microseconds=1)


async def test_a_moment_is_what_the_three_owners_say_and_the_answer_names_their_cut(
    client: httpx.AsyncClient, served: Served, owners: Owners
) -> None:
    moment = FIRST + timedelta(milliseconds=1)
    owners.asked.clear()
    said = (await client.get("/api/dealers", params={"known_at": moment.isoformat()})).json()
    assert sorted(owners.asked) == [(log.source, moment.isoformat()) for log in sorted(
        served.network.logs, key=lambda log: log.source)]  # fmt: skip
    expected = {log.source: {str(p): n for p, n in log.cut_at(moment).items()} for log in served.network.logs}
    assert said["seen"]["cut"] == expected and max(expected["tiering"].values()) == 2
    owners.asked.clear()
    again = await client.get("/api/dealers", params={"known_at": json.dumps(said["seen"]["cut"])})
    assert again.json() == said and owners.asked == [], "a cut asks nobody"


async def test_what_was_recorded_after_the_moment_never_shows_however_early_it_was_consumed(
    client: httpx.AsyncClient, served: Served, owners: Owners
) -> None:
    now = await anna(client)
    then = await anna(client, known_at=before_the_late_invoice(served).isoformat())
    assert (now["balance"], then["balance"]) == ("900.00", "600.00")
    last = before_the_late_invoice(served) + timedelta(microseconds=1)
    assert (await anna(client, known_at=last.isoformat()))["balance"] == "900.00"


async def test_the_owner_decides_and_not_what_was_consumed_with_its_time_of_recording(
    client: httpx.AsyncClient, served: Served, owners: Owners
) -> None:
    _, partition, sequence = served.places["late"].split("/")
    log = served.network.credit
    owners.instead["credit-rating"] = log.cut | {int(partition): int(sequence) - 1}
    said = await anna(client, known_at=datetime.now(UTC).isoformat())
    assert said["balance"] == "600.00", "by the owner's word, although its time lies before the moment"


async def test_a_moment_is_answered_once_everything_the_owners_name_is_here(
    client: httpx.AsyncClient, owners: Owners
) -> None:
    owners.more = 2
    answer = await client.get("/api/dealers", params={"known_at": datetime.now(UTC).isoformat()})
    assert (answer.status_code, answer.json()["type"]) == (504, "urn:dealerlog:problem:not-yet-visible")
    assert answer.json()["lag_events"] >= 6 and "Retry-After" in answer.headers


async def test_an_owner_that_is_away_is_named_and_a_cut_is_answered_without_it(
    client: httpx.AsyncClient, served: Served, owners: Owners
) -> None:
    owners.away.add("tiering")
    moment = FIRST.isoformat()
    answer = await client.get("/api/dealers", params={"known_at": moment})
    said = answer.json()
    assert (answer.status_code, said["type"], said["service"]) == (503, "urn:dealerlog:problem:owner-away", "tiering")
    assert "give known_at as a cut" in said["do"] and "does not answer" in said["why"]
    assert int(answer.headers["Retry-After"]) >= 1
    page = await client.get("/dealers", params={"known_at": moment}, headers={"Accept-Language": "zh"})
    assert page.status_code == 503 and "tiering" in page.text and "截点" in page.text
    assert (await client.get("/api/dealers", params={"known_at": json.dumps(served.early)})).status_code == 200


async def test_a_moment_to_come_is_refused(client: httpx.AsyncClient, owners: Owners) -> None:
    owners.asked.clear()
    for ahead in (timedelta(seconds=30), timedelta(days=400)):
        answer = await client.get("/api/dealers", params={"known_at": (datetime.now(UTC) + ahead).isoformat()})
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:dealerlog:problem:invalid")
    assert owners.asked == []


async def test_what_is_no_cut_is_refused_and_told_what_one_looks_like(client: httpx.AsyncClient) -> None:
    for ends in ('{"3000000": 0}', '{"-5": 3}', '{"12": 0}', '{"0": Infinity}', '{"0": 3.7}', '{"0": true}'):
        answer = await client.get("/api/dealers", params={"known_at": f'{{"credit-rating": {ends}}}'})
        said = answer.json()
        assert (answer.status_code, said["type"]) == (422, "urn:dealerlog:problem:invalid"), ends
        assert "from 0 to 11" in said["detail"] and "a cut looks like" in said["why"]


async def test_a_moment_with_a_parked_event_waits_for_the_replay_and_its_cut_is_named(
    client: httpx.AsyncClient, served: Served, owners: Owners
) -> None:
    pool = served.app.state.runtime.pool
    _, partition, sequence = served.places["late"].split("/")
    await pool.execute(PARK_STREAM, f"{ANNA}/ledger", int(partition))
    await pool.execute(PARK, f"{ANNA}/ledger", int(partition), int(sequence))
    try:
        answer = await client.get("/api/dealers", params={"known_at": datetime.now(UTC).isoformat()})
        said = answer.json()
        assert (answer.status_code, said["type"]) == (503, "urn:dealerlog:problem:stream-parked")
        assert said["streams"] == [f"credit-rating:{ANNA}/ledger"]
        shown = await client.get("/api/dealers", params={"known_at": json.dumps(said["cut"])})
        assert shown.status_code == 200
        before = before_the_late_invoice(served).isoformat()
        assert (await client.get("/api/dealers", params={"known_at": before})).status_code == 200
    finally:
        await pool.execute("delete from projection.parked_stream")


PARK_STREAM = """
insert into projection.parked_stream (reader, source, stream, partition, reason)
select schema, 'credit-rating', $1, $2, 'a test' from projection.generation
"""
PARK = """
insert into projection.parked (reader, source, stream, partition, sequence, kafka_key, placement, document)
select schema, 'credit-rating', $1, $2, $3, '', '', '' from projection.generation
"""
