"""The register of exceptions: whatever was done otherwise than the rule, or came late, with who, when and why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from credit_rating.domain.exceptions import EXCEPTION_KINDS
from credit_rating.recording import Recorder
from credit_rating.revisions import reversal_id
from events import LedgerEntryReversed

SALES: dict[str, str] = {"role": "branch_manager", "branch": "B1", "login": "sun.li"}
GENERAL: dict[str, str] = {"role": "branch_general_manager", "branch": "B1", "login": "gao.yu"}
STAND_IN: dict[str, str] = {"role": "branch_manager", "branch": "B1", "login": "zhou.min"}
DIRECTOR: dict[str, str] = {"role": "regional_director", "region": "R1", "login": "lin.tao"}
WHY = {"reason": "Opens two shops for the season."}
ELSEWHERE = {"delegated_diligence", "suspicion_confirmed"}
"""Kinds that tests beside what they are about hold."""


@pytest.fixture(scope="module")
async def happened(world: Any, rows: Any) -> AsyncIterator[Any]:
    """One exception of each kind about one dealer, and late invoices of a dealer of another branch."""
    dealer, other = await world.dealer("8100"), await world.dealer("8200", territory="T2")
    await world.trade(dealer, "8100", months=3)
    await world.bulk([rows.invoice("8200", "Z1", "77.00", date(2026, 6, 1))])
    before = (await world.get("/exceptions")).json()["known_at"]

    path = f"/dealers/{dealer}"
    await step(world, dealer, "", WHY, SALES)
    override = {"indicator": "licences", "grade": "B", "reason": "One of them is being renewed."}
    await step(world, dealer, "/proposal", {"overrides": [override]}, SALES)
    span = {"to": "zhou.min", "first_day": "2026-06-30", "last_day": "2026-07-14", "reason": "Leave."}
    assert (await world.post("/delegations", span, **GENERAL)).status_code == 201
    await world.follow()
    await step(world, dealer, "/audit", {"opinion": "For gao.yu."}, STAND_IN)
    await step(world, dealer, "/approval", {}, DIRECTOR)
    await write(world, f"{path}/limit-override", f"{path}/limit", WHY | {"limit": "1.00", "last_day": "2026-07-31"})
    async with world.following():
        order = {"number": "O-8100", "amount": "500.00", "currency": "CNY"}
        assert (await world.post(f"{path}/orders", order, **SALES)).json()["state"] == "held"
    await world.follow()
    await write(world, f"{path}/orders/O-8100/release", f"{path}/orders/O-8100", {"reason": "The transfer was seen."})
    entry = next(e for e in (await world.get(f"{path}/ledger")).json()["items"] if e["number"] == "8100-0")
    recorder = Recorder(log=world.log, actor="zhao.lei", business_date=rows.today, correlation="c")
    taken = LedgerEntryReversed(entry=entry["id"], kind="invoice", source="ERP", number="8100-0", reason="Typed twice.")
    await world.log.record([recorder.fact(UUID(dealer), reversal_id(UUID(entry["id"])), bytes(32), taken)])
    await world.follow()
    await goes_wrong(world, rows)
    await is_secured_and_chased(world, dealer)
    yield {"world": world, "dealer": dealer, "other": other, "before": before}


async def goes_wrong(world: Any, rows: Any) -> None:
    """A payment comes back, an invoice is given up, and another comes for a month that is closed."""
    said: dict[str, Any] = {"dealer": {"source": "ERP", "number": "8100"}, "source": "ERP"}
    bounced = said | {"number": "P8100-1", "bounced_on": "2026-06-29", "reason": "Account overdrawn."}
    assert (await world.post("/payments/bounce", bounced)).status_code == 201
    await world.follow()
    given_up = said | {"number": "W-1", "invoice": "8100-1", "amount": "40.00", "currency": "CNY",
                       "written_off_on": "2026-06-30", "reason": "The shop is closed."}  # fmt: skip
    async with world.following():
        done = await world.post("/write-offs", given_up, "head_of_marketing", login="chen.gang")
    assert done.status_code == 201, done.text
    closed = await world.post("/periods/2026-03/closing", {}, "credit_controller", etag='"0"')
    assert closed.status_code in (200, 201), closed.text
    await world.follow()
    await world.bulk([rows.invoice("8100", "LATE-1", "3.00", date(2026, 3, 2))])


async def is_secured_and_chased(world: Any, dealer: str) -> None:
    """A security falls in value and is given back early, legal takes the debt and gives it back."""
    path, controller = f"/dealers/{dealer}", {"role": "credit_controller", "login": "he.fang"}
    held = f"{path}/securities"
    pledge = {"kind": "pledge", "owner": "Best", "value": "900.00", "valued_on": "2026-06-01", "registration": "HZ-8"}
    await write(world, held, held, pledge | {"expires_on": "2027-06-30"}, controller)
    one = f"{held}/{(await world.get(held)).json()['items'][0]['id']}"
    for value in ("950.00", "700.00"):
        valued = {"value": value, "valued_on": "2026-06-29", "reason": f"Worth {value}."}
        await write(world, f"{one}/valuation", held, valued, controller)
    await write(world, f"{one}/release", held, {"reason": "Asked for it back."}, controller)
    legal, head = f"{path}/collection/legal", {"role": "head_of_marketing", "login": "chen.gang"}
    await write(world, legal, f"{path}/collection", {"reason": "Nobody answers."}, controller)
    await write(world, f"{legal}/approval", f"{path}/collection", {}, head)
    await write(world, f"{legal}/end", f"{path}/collection", {"reason": "It paid."}, head)
    await world.group("LH", dealer)
    limit = {"limit": "5000.00", "reason": "One guarantee."}
    assert (await world.post("/groups/LH/limit", limit, **head)).status_code == 200
    await world.follow()


async def step(world: Any, dealer: str, path: str, body: Any, who: dict[str, str]) -> None:
    await write(world, f"/dealers/{dealer}/credit-review{path}", f"/dealers/{dealer}/credit-review", body, who)


async def write(world: Any, path: str, read: str, body: Any, who: dict[str, str] = DIRECTOR) -> None:
    said = await world.post(path, body, etag=(await world.get(read)).headers["etag"], **who)
    assert said.status_code < 300, said.text
    await world.follow()


async def register(world: Any, role: str = "auditor", *, login: str = "", **query: Any) -> list[dict[str, Any]]:
    scope = {name: query.pop(name) for name in ("in_region",) if name in query}
    bound = {"region": scope["in_region"]} if scope else {}
    said = await world.get("/exceptions", role, query=query | {"limit": 200}, **bound)
    assert said.status_code == 200, said.text
    found: list[dict[str, Any]] = said.json()["items"]
    return found


async def test_each_kind_says_who_when_why_and_how_much_and_leads_to_its_event(happened: Any) -> None:
    world, dealer = happened["world"], happened["dealer"]
    found = {each["kind"]: each for each in await register(world, dealer=dealer)}
    assert set(found) == set(EXCEPTION_KINDS) - {"dishonour", "group_limit"} - ELSEWHERE
    assert (found["late_fact"]["about"], found["late_fact"]["amount"]) == ("LATE-1", "3.00")
    said = {
        kind: (each["about"], each["by"], each["acting_for"], each["reason"], each["amount"])
        for kind, each in found.items() if kind not in ("back_dated", "limit_override", "late_fact")
    }  # fmt: skip
    assert said == {
        "hold_release": ("O-8100", "lin.tao", None, "The transfer was seen.", "500.00"),
        "indicator_override": ("licences", "sun.li", None, "One of them is being renewed.", None),
        "delegated_approval": ("audited", "zhou.min", "gao.yu", "For gao.yu.", None),
        "reversal": ("8100-0", "zhao.lei", None, "Typed twice.", "60000.00"),
        "bounce": ("P8100-1", "importer", None, "Account overdrawn.", "60000.00"),
        "write_off": ("W-1", "chen.gang", None, "The shop is closed.", "40.00"),
        "security_devalued": ("HZ-8", "he.fang", None, "Worth 700.00.", "700.00"),
        "security_released_early": ("HZ-8", "he.fang", None, "Asked for it back.", "700.00"),
        "legal_hand_over": ("handed_to_legal", "chen.gang", None, "Nobody answers.", None),
        "legal_taken_back": ("taken_back_from_legal", "chen.gang", None, "It paid.", None),
    }
    limit = found["limit_override"]
    assert (limit["by"], limit["amount"], limit["reason"], limit["dated"]) == (
        "lin.tao", "1.00", WHY["reason"], "2026-06-30",
    )  # fmt: skip
    for each in found.values():
        rows = await world.log.read(each["partition"], each["sequence"] - 1, 1)
        assert str(rows[0].id) == each["event"] and each["link"].endswith(f"/{each['partition']}/{each['sequence']}")


async def test_a_groups_limit_is_about_no_one_dealer_and_seen_by_who_sees_one_of_it(happened: Any) -> None:
    world = happened["world"]
    (limit,) = await register(world, kind="group_limit")
    assert (limit["about"], limit["dealer"], limit["by"], limit["amount"]) == ("LH", None, "chen.gang", "5000.00")
    assert await register(world, "regional_director", in_region="R1", kind="group_limit") == [limit]
    assert await register(world, "regional_director", in_region="R2", kind="group_limit") == []


async def test_a_security_that_gains_in_value_is_no_exception(happened: Any) -> None:
    assert len(await register(happened["world"], kind="security_devalued")) == 1


async def test_the_register_known_at_a_cut_holds_what_was_recorded_by_then(happened: Any) -> None:
    then = await register(happened["world"], known_at=happened["before"])
    assert {each["kind"] for each in then} == {"back_dated"}
    assert len(then) == 3 + 2 + 1, "three invoices, two payments, and the other dealer's invoice"


async def test_a_director_sees_the_own_region_and_filters_narrow_by_kind_period_and_branch(happened: Any) -> None:
    world = happened["world"]
    every, own = await register(world), await register(world, "regional_director", in_region="R1")
    assert own == every and await register(world, "regional_director", in_region="R2") == []
    assert {each["dealer"] for each in await register(world, branch="B2")} == {happened["other"]}
    assert {each["kind"] for each in await register(world, kind="reversal")} == {"reversal"}
    day = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()
    assert await register(world, recorded_from=str(day - timedelta(days=1))) == every
    assert await register(world, recorded_to=str(day - timedelta(days=2))) == []
    longest = max(each["days"] for each in every if each["days"])
    assert all(each["days"] == longest for each in await register(world, days_from=longest))
    refused = await world.get("/exceptions", query={"kind": "gossip"})
    assert refused.status_code == 422 and refused.json()["errors"][0]["name"] == "kind"
    assert (await world.get("/exceptions", "sales_representative", territory="T1")).status_code == 403


async def test_a_fact_is_back_dated_from_the_sixth_day_on_by_the_calendar_of_the_installation(happened: Any) -> None:
    world, amounts = happened["world"], []
    late_evening = datetime(2026, 6, 6, 16, 30, tzinfo=UTC)  # 7 June in Shanghai: six days after 1 June
    for recorded in (late_evening, late_evening - timedelta(hours=1)):
        await world.pool.execute("update g1.ledger_entry set recorded_at = $1 where number = 'Z1'", recorded)
        amounts.append([(each["days"], Decimal(each["amount"])) for each in await register(world, branch="B2")])
    assert amounts == [[(6, Decimal("77.00"))], []]


async def test_pages_of_any_size_hold_every_exception_once(happened: Any) -> None:
    world, every = happened["world"], await register(happened["world"])
    for sort in ("recorded_at", "kind", "amount", "days"):
        met, path = [], f"/exceptions?limit=2&sort={sort}"
        while path:
            said = await world.get(path)
            met += said.json()["items"]
            path = said.links.get("next", {}).get("url", "")
        assert sorted(map(str, met)) == sorted(map(str, every)), sort


async def test_a_bounce_before_its_payment_has_no_amount_at_its_cut_and_never_gets_one(world: Any, rows: Any) -> None:
    dealer = await world.dealer("8300")
    said: dict[str, Any] = {"dealer": {"source": "ERP", "number": "8300"}, "source": "ERP"}
    bounced = said | {"number": "P-EARLY", "bounced_on": "2026-06-29", "reason": "It comes before its payment."}
    assert (await world.post("/payments/bounce", bounced)).status_code == 201
    await world.follow()
    cut = (await world.get("/exceptions")).json()["known_at"]
    await world.bulk([rows.payment("8300", "P-EARLY", "77.00", date(2026, 6, 28))])
    amounts = [
        [each["amount"] for each in await register(world, dealer=dealer, kind="bounce", **known)]
        for known in ({"known_at": cut}, {})
    ]
    assert amounts == [[None], ["77.00"]]
