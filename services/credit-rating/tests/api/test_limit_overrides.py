"""A limit is overridden for some days, with a reason, and counts again by date or when the override is taken back."""

from __future__ import annotations

from typing import Any

from eventlog.parking import PARK, PARK_STREAM

DIRECTOR = {"role": "regional_director", "region": "R1", "login": "lin.tao"}
WHY = {"reason": "Opens two shops for the season."}


async def rated(world: Any, number: str) -> str:
    dealer: str = await world.dealer(number)
    await world.trade(dealer, number)
    await world.rate()
    return dealer


async def limit(world: Any, dealer: str, as_of: str = "2026-06-30") -> Any:
    return await world.get(f"/dealers/{dealer}/limit", query={"as_of": as_of})


async def override(world: Any, dealer: str, body: dict[str, str], step: str = "", **who: str) -> Any:
    etag = (await limit(world, dealer)).headers["etag"]
    said = await world.post(f"/dealers/{dealer}/limit-override{step}", body | WHY, etag=etag, **(who or DIRECTOR))
    await world.follow()
    return said


async def test_an_override_replaces_the_limit_on_its_days_and_orders_are_checked_against_it(world: Any) -> None:
    dealer = await rated(world, "6000")
    computed = (await limit(world, dealer)).json()
    assert (computed["limit"], computed["computed"], computed["override"]) == ("48000.00", "48000.00", None)
    given = await override(world, dealer, {"limit": "200000.00", "last_day": "2026-09-30"})
    assert given.status_code == 201, given.text
    for day, wanted in (
        ("2026-06-29", None), ("2026-06-30", "200000.00"), ("2026-09-30", "200000.00"), ("2026-10-01", "48000.00"),
    ):  # fmt: skip
        said = await limit(world, dealer, day)
        assert (said.json()["limit"] if said.status_code == 200 else None) == wanted, day
    now = (await limit(world, dealer)).json()
    assert (now["computed"], now["override"]["by"], now["override"]["reason"]) == ("48000.00", "lin.tao", WHY["reason"])
    async with world.following():
        order = await world.post(
            f"/dealers/{dealer}/orders", {"number": "O-6000", "amount": "100000.00", "currency": "CNY"},
            "branch_manager", branch="B1",
        )  # fmt: skip
    assert "limit-exceeded" not in {each["code"] for each in order.json()["reasons"]}
    assert order.json()["check"]["limit"] == "200000.00"


async def test_the_last_override_counts_and_taken_back_the_computed_limit_does(world: Any) -> None:
    dealer = await rated(world, "6100")
    await override(world, dealer, {"limit": "90000.00", "last_day": "2026-12-31"})
    second = (await override(world, dealer, {"limit": "70000.00", "last_day": "2026-07-31"})).json()["id"]
    assert [(await limit(world, dealer, day)).json()["limit"] for day in ("2026-07-31", "2026-08-01")] == [
        "70000.00", "90000.00",
    ]  # fmt: skip
    ended = await override(world, dealer, {}, "/end")
    assert (ended.status_code, ended.json()["id"]) == (200, second)
    assert (await limit(world, dealer)).json()["limit"] == "90000.00"
    assert (await override(world, dealer, {}, "/end")).status_code == 200
    assert (await limit(world, dealer)).json()["limit"] == "48000.00"
    again = await override(world, dealer, {}, "/end")
    assert again.status_code == 409 and again.json()["type"].endswith("no-override")
    listed = (await world.get(f"/dealers/{dealer}/limit-overrides")).json()["items"]
    assert [(each["limit"], each["ended_on"]) for each in listed] == [
        ("90000.00", "2026-06-30"), ("70000.00", "2026-06-30"),
    ]  # fmt: skip


async def test_a_limit_of_nothing_stops_credit_for_some_days(world: Any) -> None:
    dealer = await rated(world, "6150")
    assert (await override(world, dealer, {"limit": "0", "last_day": "2026-07-31"})).status_code == 201
    assert (await limit(world, dealer)).json()["limit"] == "0.00"


async def test_what_may_not_be_overridden_is_refused_and_changes_nothing(world: Any) -> None:
    dealer, fresh = await rated(world, "6200"), await world.dealer("6300")
    await world.follow()
    before = await world.log.last()
    for body, status, code in (
        ({"limit": "90000.00", "last_day": "2026-06-29"}, 422, "dates-implausible"),
        ({"limit": "90000.00", "first_day": "2026-06-01", "last_day": "2026-07-29"}, 422, "dates-implausible"),
        ({"limit": "90000.00", "last_day": "2028-01-01"}, 422, "dates-implausible"),
        ({"limit": "-1.00", "last_day": "2026-07-29"}, 422, "invalid"),
        ({"limit": "1.001", "last_day": "2026-07-29"}, 422, "invalid"),
    ):
        said = await override(world, dealer, body)
        assert said.status_code == status and said.json()["type"].endswith(code), (body, said.text)
    clerk = await override(world, dealer, {"limit": "1.00", "last_day": "2026-07-29"}, role="region_clerk", region="R1")
    foreign = await override(world, dealer, {"limit": "1.00", "last_day": "2026-07-29"}, **DIRECTOR | {"region": "R2"})
    assert (clerk.status_code, foreign.status_code) == (403, 404)
    body = {"limit": "90000.00", "last_day": "2026-07-31"} | WHY
    ungraded = await world.post(f"/dealers/{fresh}/limit-override", body, etag='"1"', **DIRECTOR)
    assert ungraded.status_code == 409 and ungraded.json()["type"].endswith("no-limit")
    assert await world.log.last() == before


async def test_who_saw_the_limit_before_a_change_cannot_write_over_it(world: Any) -> None:
    dealer = await rated(world, "6900")
    seen = await limit(world, dealer)
    body = {"limit": "90000.00", "last_day": "2026-12-31"} | WHY
    path = f"/dealers/{dealer}/limit-override"
    first = await world.post(path, body, etag=seen.headers["etag"], **DIRECTOR)
    assert first.status_code == 201, first.text
    lagging = await limit(world, dealer)  # the log has the override, the read model not yet
    assert (lagging.json()["override"], lagging.headers["etag"]) == (None, seen.headers["etag"])
    blind = await world.post(path, body | {"limit": "50000.00"}, etag=lagging.headers["etag"], **DIRECTOR)
    assert (blind.status_code, blind.json()["type"]) == (412, "urn:dealerlog:problem:stale-version")
    await world.follow()
    shown = await limit(world, dealer)
    assert (shown.json()["limit"], shown.headers["etag"]) == ("90000.00", first.headers["etag"])


async def test_of_a_parked_stream_the_version_before_it_was_parked_is_shown(world: Any) -> None:
    dealer = await rated(world, "6910")
    before = (await limit(world, dealer)).headers["etag"]
    given = await override(world, dealer, {"limit": "90000.00", "last_day": "2026-12-31"})
    _, partition, sequence, _ = given.headers["dealerlog-position"].split(":")
    reader = await world.pool.fetchval("select schema from projection.generation")
    stream, place = f"{dealer}/credit", (int(partition), int(sequence))
    await world.pool.execute(PARK_STREAM, reader, "credit-rating", stream, place[0], "a test")
    lists = [[each] for each in ("credit-rating", *place, stream, b"", b"", b"{}")]
    await world.pool.execute(PARK, reader, *lists)
    assert (await limit(world, dealer)).headers["etag"] == before != given.headers["etag"]
    await world.pool.execute("delete from projection.parked_stream where stream = $1", stream)
    assert (await limit(world, dealer)).headers["etag"] == given.headers["etag"]
