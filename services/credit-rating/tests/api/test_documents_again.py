"""A document counts once; a repeat of a request gets its answer for good, whatever became of the document since."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from credit_rating import recording, revisions

GOOD = {
    "source": "ERP", "amount": "10.00", "currency": "CNY", "issued_on": "2026-06-01", "due_on": "2026-07-01",
    "method": "credit", "term_days": 30,
}  # fmt: skip


async def taken_back(world: Any, dealer: str, entry: str, **said: str) -> Any:
    await world.follow()
    answer = await world.post(f"/dealers/{dealer}/ledger/{entry}/reversal", {"reason": "Wrong."}, "importer", **said)
    await world.follow()
    return answer


async def kinds(world: Any, dealer: str) -> list[str]:
    await world.follow()
    return [each["kind"] for each in (await world.get(f"/dealers/{dealer}/ledger")).json()["items"]]


async def test_a_repeat_of_a_request_is_answered_as_the_first_time_though_its_document_was_taken_back(
    world: Any,
) -> None:
    dealer = await world.dealer("7100")
    body = {"dealer": dealer, "number": "A-1"} | GOOD
    first = await world.post("/invoices", body, key="k-1")
    assert first.status_code == 201, first.text
    gone = await taken_back(world, dealer, first.json()["id"], key="r-1")
    again = await world.post("/invoices", body, key="k-1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert await kinds(world, dealer) == ["invoice", "reversal"], "what was taken back stays so"
    anew = await world.post("/invoices", body, key="k-2")
    assert anew.status_code == 201 and anew.json()["id"] != first.json()["id"], "a new request brings it again"
    for key, answer in (("k-1", first), ("k-2", anew)):
        assert (await world.post("/invoices", body, key=key)).json() == answer.json()
    assert (await taken_back(world, dealer, first.json()["id"], key="r-1")).json() == gone.json()
    assert await kinds(world, dealer) == ["invoice", "reversal", "invoice"]


@pytest.mark.parametrize("other", [{"number": "B-2"}, {"amount": "11.00"}])
async def test_a_key_used_again_with_another_content_is_refused(world: Any, other: dict[str, str]) -> None:
    dealer = await world.dealer(f"7101{len(str(other))}")
    body, key = {"dealer": dealer, "number": f"B-1{other}"[:20]} | GOOD, f"b{other}"
    first = await world.post("/invoices", body, key=key)
    reused = await world.post("/invoices", body | other, key=key)
    assert (reused.status_code, reused.json()["type"]) == (422, "urn:dealerlog:problem:idempotency-key-reused")
    await taken_back(world, dealer, first.json()["id"])
    assert (await world.post("/invoices", body | other, key=key)).status_code == 422
    assert await kinds(world, dealer) == ["invoice", "reversal"]


async def test_of_two_requests_at_once_under_one_key_one_is_recorded(world: Any) -> None:
    one, other = await world.dealer("7102"), await world.dealer("7103")
    bodies = [{"dealer": dealer, "number": f"C-{dealer}"} | GOOD for dealer in (one, other)]
    said = await asyncio.gather(*(world.post("/invoices", body, key="c-1") for body in bodies))
    assert sorted(each.status_code for each in said)[0] == 201 != said[1].status_code or said[0].status_code != 201
    assert sorted(await kinds(world, one) + await kinds(world, other)) == ["invoice"]
    again = [(await world.post("/invoices", body, key="c-1")).status_code for body in bodies]
    assert sorted(again) == [201, 422]


async def test_a_key_of_one_reversal_takes_no_other_entry_back(world: Any) -> None:
    dealer = await world.dealer("7104")
    entries = [
        (await world.post("/invoices", {"dealer": dealer, "number": f"D-{n}"} | GOOD)).json()["id"] for n in (1, 2)
    ]
    assert (await taken_back(world, dealer, entries[0], key="d-1")).status_code == 201
    other = await taken_back(world, dealer, entries[1], key="d-1")
    assert (other.status_code, other.json()["type"]) == (422, "urn:dealerlog:problem:idempotency-key-reused")
    assert await kinds(world, dealer) == ["invoice", "invoice", "reversal"]


async def test_a_number_taken_back_as_often_as_can_be_is_refused_by_any_way_it_comes(
    world: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "MOST_REVISIONS", 7)
    monkeypatch.setattr(revisions, "LATER", (range(1, 3), range(3, 7)))
    dealer = await world.dealer("7105")
    body = {"dealer": dealer, "number": "E-1"} | GOOD
    for _ in range(7):
        said = await world.post("/invoices", body)
        assert said.status_code == 201, said.text
        assert (await world.post("/invoices", body)).json() == said.json(), "the one that counts"
        assert (await taken_back(world, dealer, said.json()["id"])).status_code == 201
    last = await world.post("/invoices", body)
    assert (last.status_code, last.json()["type"]) == (409, "urn:dealerlog:problem:taken-back-too-often")
    (verdict, _) = await world.bulk([{"kind": "invoice"} | body])
    assert (verdict["verdict"], verdict["code"]) == ("rejected", "taken-back-too-often")


async def test_a_conflict_names_the_entry_only_to_who_may_see_its_dealer(world: Any, rows: Any) -> None:
    ours, theirs = await world.dealer("7106", territory="T1"), await world.dealer("7107", territory="T9")
    clerk = {"role": "region_clerk", "region": "R1"}
    for dealer, number in ((ours, "F-1"), (theirs, "F-2")):
        assert (await world.post("/invoices", {"dealer": dealer, "number": number} | GOOD)).status_code == 201
    await world.follow()
    bodies = {number: {"dealer": ours, "number": number} | GOOD | {"amount": "7.00"} for number in ("F-1", "F-2")}
    said = {number: (await world.post("/invoices", body, **clerk)).json() for number, body in bodies.items()}
    assert {each["type"] for each in said.values()} == {"urn:dealerlog:problem:document-conflict"}
    assert {"entry", "position"} <= said["F-1"].keys() and not {"entry", "position"} & said["F-2"].keys()
    assert theirs not in str(said)
    lines = await world.bulk([{"kind": "invoice"} | body for body in bodies.values()], **clerk)
    assert ["credit-rating:" in line["reason"] for line in lines[:-1]] == [True, False]


def test_the_revisions_that_are_looked_for_are_all_that_there_can_be() -> None:
    looked_for = [0, *(n for span in revisions.LATER for n in span)]
    assert looked_for == list(range(revisions.MOST_REVISIONS)) and recording.TRIES > 1


async def test_of_an_invoice_no_more_is_given_up_than_is_open_however_many_ask_at_once(world: Any, rows: Any) -> None:
    dealer = await world.dealer("7108")
    await world.bulk([rows.invoice("7108", "G-1", "100.00", rows.today)])
    body = {"dealer": dealer, "source": "HQ", "invoice": "G-1", "currency": "CNY", "written_off_on": str(rows.today)}
    director = {"role": "regional_director", "region": "R1", "login": "lin.tao"}
    asked = [body | {"number": f"WO-{n}", "amount": f"{40 + n}.00", "reason": "Closed."} for n in range(6)]
    async with world.following():
        said = await asyncio.gather(
            *(world.post("/write-offs", each, key=each["number"], **director) for each in asked)
        )
    assert sorted(each.status_code for each in said) == [201, 201, 409, 409, 409, 409]
    assert {each.json()["type"] for each in said if each.status_code == 409} == {
        "urn:dealerlog:problem:more-than-is-open"
    }
    for each, first in zip(asked, said, strict=True):
        if first.status_code == 201:
            again = await world.post("/write-offs", each, key=each["number"], **director)
            assert again.json() == first.json()
    assert (await kinds(world, dealer)).count("write_off") == 2
