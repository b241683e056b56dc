"""Suspicious papers over HTTP: reported by a representative, blocking approvals until another settles them."""

from __future__ import annotations

from typing import Any

REP: dict[str, str] = {"role": "sales_representative", "territory": "T1", "login": "li.wei"}
GENERAL: dict[str, str] = {"role": "branch_general_manager", "branch": "B1", "login": "gao.yu"}
CREDIT: dict[str, str] = {"role": "credit_controller", "login": "he.ping"}
DIRECTOR: dict[str, str] = {"role": "regional_director", "region": "R1", "login": "lin.tao"}
PAPER = {"paper": "business_licence", "number": "9133-0417", "reason": "The seal is a copy.", "file": "cd" * 32}


async def act(world: Any, dealer: str, step: str, body: Any, who: dict[str, str]) -> Any:
    path = f"/dealers/{dealer}/suspicious-papers"
    said = await world.post(f"{path}{step}", body, etag=(await world.get(path)).headers["etag"], **who)
    await world.follow()
    return said


async def reported(world: Any, dealer: str) -> str:
    said = await act(world, dealer, "", PAPER, REP)
    assert said.status_code == 201, said.text
    given: str = said.json()["suspicion"]
    return given


async def approve(world: Any, path: str, step: str, who: dict[str, str]) -> Any:
    said = await world.post(f"{path}/{step}", {}, etag=(await world.get(path)).headers["etag"], **who)
    await world.follow()
    return said


async def test_an_open_report_blocks_a_diligence_until_it_is_dismissed_by_another(world: Any) -> None:
    dealer = await world.dealer("8900")
    await world.look_into(dealer, "80000.00", approve=False)
    suspicion, path = await reported(world, dealer), f"/dealers/{dealer}/due-diligence"
    refused = await approve(world, path, "approval", GENERAL)
    assert refused.status_code == 409 and refused.json()["type"].endswith("papers-suspicious")
    assert "business_licence 9133-0417" in refused.json()["detail"]
    assert refused.json()["suspicions"][0]["id"] == suspicion and (await world.get(path)).json()["suspicions"] == 1
    own = await act(world, dealer, f"/{suspicion}/settlement", {"outcome": "dismissed", "reason": "x"},
                    GENERAL | {"login": "li.wei"})  # fmt: skip
    assert own.status_code == 403 and own.json()["type"].endswith("own-proposal")
    said = {"outcome": "dismissed", "reason": "The office confirms it."}
    assert (await act(world, dealer, f"/{suspicion}/settlement", said, GENERAL)).json()["blocking"] == 0
    assert (await approve(world, path, "approval", GENERAL)).status_code == 200


async def test_a_confirmed_one_blocks_a_review_until_the_credit_controller_clears_it(world: Any) -> None:
    dealer = await world.dealer("8910")
    await world.trade(dealer, "8910")
    path = f"/dealers/{dealer}/credit-review"
    await world.post(path, {"reason": "Wants a raise."}, etag=(await world.get(path)).headers["etag"], **DIRECTOR)
    await world.follow()
    for step, who in (("proposal", {"role": "branch_manager", "branch": "B1", "login": "sun.li"}), ("audit", GENERAL)):
        assert (await approve(world, path, step, who)).status_code == 200
    suspicion = await reported(world, dealer)
    confirm = {"outcome": "confirmed", "reason": "The office knows no such number."}
    assert (await act(world, dealer, f"/{suspicion}/settlement", confirm, GENERAL)).json()["blocking"] == 1
    refused = await approve(world, path, "approval", DIRECTOR)
    assert refused.status_code == 409 and refused.json()["suspicions"][0]["stage"] == "confirmed"
    assert "the credit controller clears it" in refused.json()["detail"]
    query = {"dealer": dealer, "kind": "suspicion_confirmed"}
    (told,) = (await world.get("/exceptions", query=query)).json()["items"]
    assert (told["kind"], told["about"], told["by"], told["reason"]) == (
        "suspicion_confirmed", "business_licence 9133-0417", "gao.yu", confirm["reason"],
    )  # fmt: skip
    clear = {"reason": "The dealer showed the right licence."}
    assert (await act(world, dealer, f"/{suspicion}/clearance", clear, DIRECTOR)).status_code == 403
    assert (await act(world, dealer, f"/{suspicion}/clearance", clear, CREDIT)).status_code == 200
    assert (await approve(world, path, "approval", DIRECTOR)).status_code == 200


async def test_reports_are_listed_within_scope_with_their_last_step(world: Any) -> None:
    one, far = await world.dealer("8920"), await world.dealer("8921", territory="T2")
    suspicion = await reported(world, one)
    again = await act(world, one, "", PAPER, REP)
    assert again.status_code == 409 and again.json()["type"].endswith("suspicion-reported")
    assert (await act(world, far, "", PAPER, REP)).status_code == 404

    async def listed(**query: Any) -> list[Any]:
        found = await world.get("/suspicious-papers", "branch_manager", branch="B1", query=query | {"limit": 200})
        return [each for each in found.json()["items"] if each["dealer"] == one]

    (shown,) = await listed(blocks="true")
    assert (shown["stage"], shown["reported_by"], shown["settled_by"], shown["file"]) == (
        "reported", "li.wei", None, "cd" * 32,
    )  # fmt: skip
    said = {"outcome": "confirmed", "reason": "The office knows no such number."}
    await act(world, one, f"/{suspicion}/settlement", said, GENERAL)
    (shown,) = await listed(stage="confirmed", paper="business_licence")
    assert (shown["settled_by"], shown["settled_because"], shown["settled_on"]) == (
        "gao.yu", said["reason"], "2026-06-30",
    )  # fmt: skip
    assert await listed(blocks="false") == []
    mine = (await world.get(f"/dealers/{one}/suspicious-papers")).json()["items"]
    assert [each["suspicion"] for each in mine] == [suspicion]
    elsewhere = await world.get(f"/dealers/{one}/suspicious-papers", "branch_manager", branch="B2")
    assert elsewhere.status_code == 404
