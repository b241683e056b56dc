"""Bad input: each a clear problem document or row, nothing changed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

GOOD = {
    "source": "ERP", "number": "B-1", "amount": "10.00", "currency": "CNY", "issued_on": "2026-06-01",
    "due_on": "2026-07-01", "method": "credit", "term_days": 30,
}  # fmt: skip
ABSENT = object()

BAD = {
    "a wrong type": ({"amount": "ten"}, 422, "invalid"),
    "an unknown field": ({"colour": "red"}, 422, "invalid"),
    "a negative amount": ({"amount": "-10.00"}, 422, "invalid"),
    "nothing": ({"amount": "0"}, 422, "invalid"),
    "an absurd amount": ({"amount": "1000000000000.00"}, 422, "invalid"),
    "a third decimal": ({"amount": "1.005"}, 422, "invalid"),
    "another currency": ({"currency": "EUR"}, 422, "other-currency"),
    "a date beyond a day ahead": ({"issued_on": "2026-07-02", "due_on": "2026-08-01"}, 422, "future-date"),
    "a due date before the invoice's": ({"due_on": "2026-05-31"}, 422, "implausible-due-date"),
    "a due date in another century": ({"due_on": "2126-05-31"}, 422, "implausible-due-date"),
    "an unknown dealer": ({"dealer": {"source": "ERP", "number": "nobody"}}, 409, "unknown-dealer"),
    "an unknown dealer's id": ({"dealer": str(uuid4())}, 409, "unknown-dealer"),
    "a missing number": ({"number": ABSENT}, 422, "invalid"),
    "a number of a control character": ({"number": "B\x00"}, 422, "invalid"),
    "half a character": ({"number": "B\ud800"}, 422, "invalid"),
    "an unknown method": ({"method": "barter"}, 422, "invalid"),
}


@pytest.fixture
async def unchanged(world: Any) -> AsyncIterator[None]:
    """Nothing may be written."""
    before = await world.log.last()
    yield
    assert await world.log.last() == before


@pytest.fixture(scope="module")
async def known(world: Any) -> str:
    """A dealer of territory T1."""
    return str(await world.dealer("3001"))


def _with(said: dict[str, Any], dealer: str) -> dict[str, Any]:
    return {name: value for name, value in ({"dealer": dealer} | GOOD | said).items() if value is not ABSENT}


@pytest.mark.parametrize("why", BAD)
async def test_an_invoice_with_bad_input_is_refused(world: Any, known: str, unchanged: None, why: str) -> None:
    said, status, code = BAD[why]
    answer = await world.post("/invoices", _with(said, known))
    assert answer.status_code == status and answer.json()["type"] == f"urn:dealerlog:problem:{code}", answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert code != "unknown-dealer" or (answer.json()["retryable"] and answer.headers["Retry-After"])


async def test_a_bad_row_is_rejected_and_its_neighbours_are_not(world: Any, known: str) -> None:
    good = {"kind": "invoice", "dealer": known} | GOOD
    bad = [json.dumps(_with(said, known) | {"kind": "invoice"}) for said, _, _ in BAD.values()]
    said = await world.bulk([good | {"number": "N-1"}, *bad, '{"kind": "invoice"', '{"kind": "wish"}', good])
    verdicts = [(line["verdict"], line.get("code")) for line in said[:-1]]
    assert verdicts[0] == verdicts[-1] == ("accepted", None)
    codes = [code for _, _, code in BAD.values()]
    assert verdicts[1:-1] == [("rejected", code) for code in [*codes, "malformed-json", "invalid"]]
    assert said[-1]["summary"]["accepted"] == 2


async def test_a_number_used_again_with_another_content_is_a_conflict_and_with_the_same_a_repeat(world: Any) -> None:
    one, other = await world.dealer("3002"), await world.dealer("3003")
    body = {"dealer": one} | GOOD | {"number": "C-1"}
    first, again = await world.post("/invoices", body), await world.post("/invoices", body)
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    before = await world.log.last()
    for change in ({"amount": "11.00"}, {"dealer": other}):
        refused = await world.post("/invoices", body | change)
        assert refused.status_code == 409 and refused.json()["type"].endswith("document-conflict"), refused.text
        assert refused.json()["position"] == first.json()["position"]
    assert await world.log.last() == before
    rows = [{"kind": "invoice"} | body, {"kind": "invoice"} | body | {"amount": "12.00"}]
    fresh = {"kind": "invoice"} | body | {"number": "C-2"}
    said = await world.bulk([*rows, fresh, fresh, fresh | {"amount": "9.00"}])
    assert [line["verdict"] for line in said[:-1]] == ["duplicate", "rejected", "accepted", "duplicate", "rejected"]


async def test_who_may_not_is_refused_and_nothing_changes(world: Any, known: str, unchanged: None) -> None:
    body = {"dealer": known} | GOOD
    stranger = await world.client.post("/invoices", json=body, headers={"Idempotency-Key": "k"})
    unheld = await world.post("/invoices", body, "auditor")
    foreign = await world.post("/invoices", body | {"number": "F"}, "region_clerk", region="R2")
    assert [r.status_code for r in (stranger, unheld)] == [401, 403]
    assert foreign.json()["type"].endswith("unknown-dealer")
    big = await world.client.post(
        "/invoices", content=b"{" + b" " * (2 << 20) + b"}", headers={"Content-Type": "application/json"}
    )
    assert big.status_code == 413
    order = {"number": "X", "amount": "1.00", "currency": "CNY"}
    order_far = await world.post(f"/dealers/{known}/orders", order, "branch_manager", branch="B2")
    euro = order | {"currency": "EUR"}
    order_euro = await world.post(f"/dealers/{known}/orders", euro, "branch_manager", branch="B1")
    assert [r.status_code for r in (order_far, order_euro)] == [404, 422]


async def test_a_foreign_dealer_is_not_there_for_any_route(world: Any, known: str) -> None:
    paths = ("receivables", "grade", "grades", "limit", "limits", "exposure", "orders", "orders/O-1")
    for path in paths:
        answer = await world.get(f"/dealers/{known}/{path}", "branch_manager", branch="B9")
        assert answer.status_code == 404, path
    everyone = (await world.get("/receivables/ageing", "branch_manager", branch="B9")).json()
    assert everyone["items"] == [] and everyone["totals"]["balance"] == "0.00"


async def test_a_run_is_for_the_director_of_the_region_and_not_for_tomorrow(world: Any, unchanged: None) -> None:
    body = {"region": "R1", "as_of": "2026-06-30"}
    foreign = await world.post("/rating-runs", body, "regional_director", region="R2")
    clerk = await world.post("/rating-runs", body, "region_clerk", region="R1")
    tomorrow = await world.post("/rating-runs", body | {"as_of": "2026-07-01"}, "regional_director", region="R1")
    assert [r.status_code for r in (foreign, clerk, tomorrow)] == [404, 403, 422]


async def test_a_policy_that_is_none_is_refused_with_the_path_of_each_error(world: Any, unchanged: None) -> None:
    content = (await world.get("/policies/credit/1")).json()["content"]
    broken = content | {"version": 2, "limit": content["limit"] | {"unit": "-1"}}
    answer = await world.post("/policies/drafts", {"content": broken}, "head_of_marketing")
    assert answer.status_code == 422 and [e["path"] for e in answer.json()["errors"]] == ["limit.unit"]
    huge = await world.get("/policies/credit/99999999999")
    assert huge.status_code == 422
