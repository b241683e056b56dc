"""A dealer enters by three people's hands, and no sooner (domain.md 1.1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from service.testing import bearer

from .conftest import AUDITOR, GENERAL, HEAD, MANAGER, OTHER_MANAGER, WANG, World, said, submission


async def test_a_dealer_is_onboarded_in_three_steps_by_three_people(world: World) -> None:
    sent = await world.submit("Harbour Foods", "A-1")
    assert sent.status_code == 201, sent.text
    file = sent.json()
    assert (file["status"], file["branch"], file["region"]) == ("submitted", "B1", "R1")
    assert file["position"].startswith("customer-registry:") and UUID(file["id"])
    path = f"/dealers/{file['id']}"
    reviewed = await world.post(f"{path}/review", {"comment": "agreed"}, who=GENERAL, match=sent.headers["etag"])
    assert reviewed.json()["reviewed_by"] == "general"
    body = {"onboarded_on": "2025-03-01"}
    done = await world.post(f"{path}/approve", body, who=HEAD, match=reviewed.headers["etag"])
    assert (done.status_code, done.json()["status"], done.json()["since"]) == (200, "onboarded", "2025-03-01")
    shown = (await world.get(path, who=AUDITOR)).json()
    assert shown["code"] == done.json()["code"] and shown["code"].startswith("D-")
    assert [shown[f"{step}_by"] for step in ("submitted", "reviewed", "approved")] == ["manager", "general", "head"]
    assert shown["references"] == [{"source": "ERP", "number": "A-1"}]
    register = (await world.get("/dealer-changes", who=AUDITOR)).json()["items"]
    assert (register[-1]["kind"], register[-1]["changed_on"], register[-1]["name"]) == (
        "onboarded", "2025-03-01", "Harbour Foods",
    )  # fmt: skip


async def test_a_repeat_of_a_step_gets_the_same_answer(world: World) -> None:
    body = submission("Repeated", "A-2")
    first = await world.post("/dealers", body, who=MANAGER, key="submit-A-2")
    again = await world.post("/dealers", body, who=MANAGER, key="submit-A-2")
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])
    path = f"/dealers/{first.json()['id']}/review"
    one = await world.post(path, {}, who=GENERAL, match='"1"', key="review-A-2")
    two = await world.post(path, {}, who=GENERAL, match='"1"', key="review-A-2")
    assert (one.status_code, two.status_code, two.content) == (200, 200, one.content)
    said(
        await world.post("/dealers", body | {"name": "X"}, who=MANAGER, key="submit-A-2"), 422, "idempotency-key-reused"
    )


async def test_nobody_approves_what_they_submitted_or_reviewed(world: World) -> None:
    sent = await world.submit("Self Made", "A-3")
    path, before = f"/dealers/{sent.json()['id']}", await world.events()
    same = bearer("branch_general_manager", branch="B1", login="manager")
    said(await world.post(f"{path}/review", {}, who=same, match='"1"'), 403, "same-person")
    assert await world.events() == before
    await world.post(f"{path}/review", {}, who=GENERAL, match='"1"')
    for login in ("manager", "general"):
        person = bearer("head_of_marketing", login=login)
        said(await world.post(f"{path}/approve", {}, who=person, match='"2"'), 403, "same-person")


async def test_a_returned_file_is_handed_in_again_and_a_rejected_one_is_not(world: World) -> None:
    sent = await world.submit("Second Try", "A-4")
    path = f"/dealers/{sent.json()['id']}"
    back = await world.post(f"{path}/return", {"reason": "papers are missing"}, who=GENERAL, match='"1"')
    assert back.json()["status"] == "returned"
    changed = submission("Second Try Ltd", "A-4", waiver="papers follow")
    again = await world.post(f"{path}/submit", changed, who=MANAGER, match='"2"')
    assert (again.json()["status"], again.json()["name"]) == ("submitted", "Second Try Ltd")
    gone = await world.post(f"{path}/reject", {"reason": "no funds at all"}, who=GENERAL, match='"3"')
    assert gone.json()["status"] == "rejected"
    said(await world.post(f"{path}/submit", changed, who=MANAGER, match='"4"'), 409, "stage-wrong")


async def test_a_number_of_a_source_system_finds_one_dealer_only(world: World) -> None:
    await world.onboard("First Holder", "A-5")
    sent = await world.submit("Second Holder", "A-5")
    path = f"/dealers/{sent.json()['id']}"
    await world.post(f"{path}/review", {}, who=GENERAL, match='"1"')
    said(await world.post(f"{path}/approve", {}, who=HEAD, match='"2"'), 409, "claim-taken")


async def test_suspended_and_reinstated_by_the_head_of_marketing(world: World) -> None:
    dealer = await world.onboard("Stop And Go", "A-6")
    stop = await world.post(f"/dealers/{dealer}/suspend", {"reason": "unpaid for long"}, who=HEAD, match='"3"')
    assert stop.json()["status"] == "suspended"
    future = {"reason": "paid", "on": "2199-01-01"}
    said(await world.post(f"/dealers/{dealer}/reinstate", future, who=HEAD, match='"4"'), 422, "date-in-future")
    go = await world.post(f"/dealers/{dealer}/reinstate", {"reason": "paid at last"}, who=HEAD, match='"4"')
    assert go.json()["status"] == "onboarded"
    kinds = [line["type"] for line in (await world.get(f"/dealers/{dealer}/history", who=AUDITOR)).json()["items"]]
    assert kinds == ["DealerSubmitted", "DealerReviewed", "DealerOnboarded", "DealerSuspended", "DealerReinstated"]


async def test_a_branch_submits_into_its_own_territories_only(world: World) -> None:
    before = await world.events()
    said(await world.submit("Elsewhere", "A-7", who=OTHER_MANAGER), 404, "not-found")
    said(await world.submit("Nowhere", "A-7", territory="T9"), 404, "not-found")
    sent = await world.submit("Foreign", "A-8")
    path = f"/dealers/{sent.json()['id']}"
    foreign = bearer("branch_general_manager", branch="B2", login="other.general")
    said(await world.post(f"{path}/review", {}, who=foreign, match='"1"'), 404, "not-found")
    for other in (OTHER_MANAGER, foreign, bearer("sales_representative", territory="T2")):
        said(await world.get(path, who=other), 404, "not-found")
        said(await world.get(f"{path}/history", who=other), 404, "not-found")
        names = [row["name"] for row in (await world.get("/dealers", who=other, limit=200)).json()["items"]]
        assert "Foreign" not in names
    assert (await world.get(path, who=WANG)).status_code == 200
    assert await world.events() == before + 1


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "malformed-json"),
    ({"json": submission("x", "1", forecast_monthly_sales="-5")}, 422, "invalid"),
    ({"json": submission("x", "1", forecast_monthly_sales="1e15")}, 422, "invalid"),
    ({"json": submission("x", "1", forecast_monthly_sales=[1])}, 422, "invalid"),
    ({"json": submission("x", "1", colour="red")}, 422, "invalid"),
    ({"json": submission("x", "1", territory="T 1/x")}, 422, "invalid"),
    ({"json": submission("x", "1", checklist=None)}, 422, "musts-not-met"),
    ({"json": submission("x", "1", supplier="0190a6c2-0000-7000-8000-000000000001")}, 409, "unknown-supplier"),
    ({"json": submission("x" * 30_000, "1")}, 413, "too-large"),
]


async def test_a_bad_submission_is_a_clear_problem_and_changes_nothing(world: World) -> None:
    before = await world.events()
    for options, status, code in BAD:
        said(await world.post("/dealers", who=MANAGER, **options), status, code)
    said(await world.post("/dealers", submission("x", "1"), who={}), 401, "unauthenticated")
    said(await world.post("/dealers", submission("x", "1"), who=AUDITOR), 403, "forbidden")
    assert await world.events() == before


async def test_a_stale_or_missing_version_is_refused(world: World) -> None:
    sent = await world.submit("Versions", "A-9")
    path, before = f"/dealers/{sent.json()['id']}/review", await world.events()
    said(await world.post(path, {}, who=GENERAL), 428, "if-match-missing")
    said(await world.post(path, {}, who=GENERAL, match='"7"'), 412, "stale-version")
    assert await world.events() == before


async def test_the_list_filters_sorts_and_pages(world: World) -> None:
    for n in range(5):
        await world.submit(f"Page {n}", f"P-{n}", territory="T2")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        asked = {"territory": "T2", "q": "page", "descending": "true", "limit": 2} | cursor
        page = (await world.get("/dealers", who=AUDITOR, **asked)).json()
        seen += [row["name"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [f"Page {n}" for n in (4, 3, 2, 1, 0)]
    for sort in ("code", "onboarded_on", "visited_on", "forecast_monthly_sales", "status", "territory"):
        first = (await world.get("/dealers", who=AUDITOR, sort=sort, limit=1)).json()
        rest = (await world.get("/dealers", who=AUDITOR, sort=sort, limit=200, cursor=first["next"])).json()["items"]
        total = (await world.get("/dealers", who=AUDITOR, sort=sort, limit=200)).json()["items"]
        assert first["items"] + rest == total and len(rest) > 1
    (found,) = (await world.get("/dealers", who=AUDITOR, q="P-3")).json()["items"]
    assert found["name"] == "Page 3"
