"""Cards, surveys and visits: kept whole, by whom and when, within one's own territory (domain.md 1.2, 1.5, 2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from service.testing import bearer

from .conftest import AUDITOR, IMPORTER, MANAGER, OTHER_MANAGER, WANG, World, said

ANSWERS = {
    "surveyed_on": "2025-05-06", "annual_turnover": "3200000.00", "nature": "company", "licences": "complete_valid",
    "premises": "local_owned", "founded_on": "2011-02-03", "demand": 70, "influence": 40,
}  # fmt: skip
VISIT = {
    "visited_on": "2025-06-02", "place": "showroom", "participants": ["王芳", "Li"],
    "content": "spring range and shelf space", "succeeded": "they took the whole spring range",
    "fell_short": "the display is still by the back door", "lesson": "bring the floor plan to the next meeting",
}  # fmt: skip


@pytest.fixture(scope="module")
async def dealer(world: World) -> str:
    return await world.onboard("Archive", "C-1")


async def test_a_card_is_revised_field_by_field_and_every_revision_is_kept(world: World, dealer: str) -> None:
    path = f"/dealers/{dealer}/card"
    first = await world.post(path, {"address": "1 Quay", "phones": ["010-1"], "owner": "Li"}, who=MANAGER, match='"3"')
    assert (first.status_code, first.json()["card"]["address"]) == (200, "1 Quay")
    second = await world.post(path, {"owner": None, "name": "Archive Ltd"}, who=WANG, match=first.headers["etag"])
    assert second.status_code == 200
    said(await world.post(path, {"name": "Archive Ltd"}, who=WANG, match='"5"'), 422, "card-unchanged")
    said(await world.post(path, {"fax": "1"}, who=WANG, match='"4"'), 412, "stale-version")
    said(await world.post(path, {"colour": "red"}, who=WANG, match='"5"'), 422, "invalid")
    shown = await world.get(path, who=AUDITOR)
    assert shown.json()["card"] == {"name": "Archive Ltd", "address": "1 Quay", "phones": ["010-1"]}
    assert shown.json()["card"] == second.json()["card"] and shown.headers["etag"] == '"5"'
    assert [(each["by"], sorted(each["values"])) for each in shown.json()["revisions"]] == [
        ("manager", ["address", "owner", "phones"]), ("wang", ["name", "owner"]),
    ]  # fmt: skip
    assert (await world.get(f"/dealers/{dealer}", who=AUDITOR)).json()["name"] == "Archive Ltd"


async def test_a_survey_is_answered_whole_and_the_second_names_the_first(world: World, dealer: str) -> None:
    path = f"/dealers/{dealer}/survey"
    missing = {name: value for name, value in ANSWERS.items() if name != "licences"}
    for bad in (missing, ANSWERS | {"demand": 101}, ANSWERS | {"annual_turnover": "-1"}, ANSWERS | {"nature": "club"}):
        said(await world.post(path, bad, who=WANG), 422, "invalid")
    said(await world.post(path, ANSWERS | {"surveyed_on": "2199-01-01"}, who=WANG), 422, "date-in-future")
    first = await world.post(path, ANSWERS, who=WANG)
    assert (first.status_code, first.json()["by"], first.json()["annual_turnover"]) == (201, "wang", "3200000.00")
    said(await world.post(path, ANSWERS, who=WANG), 428, "if-match-missing")
    later = ANSWERS | {"surveyed_on": "2025-11-06", "demand": 80}
    second = await world.post(path, later, who=WANG, match=first.headers["etag"])
    assert second.status_code == 201
    listed = await world.get(f"/dealers/{dealer}/surveys", who=AUDITOR)
    assert [row["demand"] for row in listed.json()["items"]] == [80, 70]
    assert listed.headers["etag"] == second.headers["etag"]


async def test_a_visit_is_logged_once_and_its_lesson_must_say_something(world: World, dealer: str) -> None:
    path, before = "/visits", await world.events()
    for empty in ("……………………", "aaaaaaaaaaaaaaaa", "ok"):
        body = said(
            await world.post(path, VISIT | {"dealer": dealer, "lesson": empty}, who=WANG),
            422,
            "lesson-without-substance",
        )
        assert "lesson" in body["detail"]
    said(
        await world.post(path, VISIT | {"dealer": dealer, "visited_on": "2199-01-01"}, who=WANG), 422, "date-in-future"
    )
    unknown = VISIT | {"dealer": {"source": "ERP", "number": "none"}}
    answer = await world.post(path, unknown, who=WANG)
    assert said(answer, 409, "unknown-dealer")["retryable"] and answer.headers["retry-after"]
    said(
        await world.post(path, VISIT | {"dealer": dealer}, who=bearer("sales_representative", territory="T2")),
        409,
        "unknown-dealer",
    )
    said(
        await world.post(path, VISIT | {"dealer": dealer, "representative": "zhao"}, who=WANG),
        403,
        "representative-other",
    )
    assert await world.events() == before
    first = await world.post(path, VISIT | {"dealer": dealer}, who=WANG)
    again = await world.post(path, VISIT | {"dealer": {"source": "ERP", "number": "C-1"}}, who=WANG)
    assert (first.json()["verdict"], again.json()["verdict"]) == ("accepted", "duplicate")
    assert first.json()["position"] == again.json()["position"] and await world.events() == before + 1


async def test_visits_in_bulk_have_a_verdict_each(world: World, dealer: str) -> None:
    named: dict[str, Any] = {"dealer": {"source": "ERP", "number": "C-1"}}
    rows = [
        VISIT | named | {"reference": "V-1", "visited_on": "2025-07-01"},
        VISIT | named | {"reference": "V-1", "visited_on": "2025-07-01"},
        VISIT | named | {"reference": "V-1", "visited_on": "2025-07-02"},
        VISIT | named | {"reference": "V-2", "lesson": "..........."},
        VISIT | {"dealer": {"source": "ERP", "number": "none"}},
        VISIT | named | {"weather": "fine"},
    ]
    *said_, summary = await world.bulk("/visits:bulk", rows, who=WANG)
    assert [(row["verdict"], row.get("code")) for row in said_] == [
        ("accepted", None), ("duplicate", None), ("rejected", "document-conflict"),
        ("rejected", "lesson-without-substance"),
        ("rejected", "unknown-dealer"), ("rejected", "invalid"),
    ]  # fmt: skip
    assert summary["summary"]["accepted"] == 1
    shown = (await world.get(f"/dealers/{dealer}/visits", who=WANG, **{"from": "2025-07-01"})).json()["items"]
    assert [(row["visited_on"], row["participants"]) for row in shown] == [("2025-07-01", ["王芳", "Li"])]
    said(await world.get(f"/dealers/{dealer}/visits", who=OTHER_MANAGER), 404, "not-found")
    assert (await world.get(f"/dealers/{dealer}", who=AUDITOR)).json()["visited_on"] == "2025-07-01"


async def test_dealers_of_a_file_are_onboarded_when_asked_under_named_people(world: World) -> None:
    rows = [{"source": "retail", "number": str(n), "name": f"Customer {n}", "country": "GB"} for n in range(40)]
    path = "/dealers:onboard?territory=T3&reviewed_by=gm&approved_by=head&import_id=imp-1"
    before = await world.events()
    *first, _ = await world.bulk(path, rows, who=IMPORTER)
    assert {row["verdict"] for row in first} == {"accepted"} and await world.events() == before + 120
    *again, _ = await world.bulk(path, [*reversed(rows), rows[0] | {"name": "Renamed"}], who=IMPORTER)
    assert {row["verdict"] for row in again} == {"duplicate"} and await world.events() == before + 120
    (one,) = (await world.get("/dealers", who=OTHER_MANAGER, q="Customer 17")).json()["items"]
    assert (one["status"], one["branch"], one["code"][:2]) == ("onboarded", "B2", "D-")
    history = (await world.get(f"/dealers/{one['id']}/history", who=AUDITOR)).json()["items"]
    assert [each["type"] for each in history] == ["DealerSubmitted", "DealerReviewed", "DealerOnboarded"]
    assert {each["import_id"] for each in history} == {"imp-1"}
    assert [history[2]["data"][f"{act}_by"] for act in ("submitted", "reviewed", "approved")] == [
        "erp-feed",
        "gm",
        "head",
    ]


async def test_a_file_onboards_nobody_under_two_people_or_into_nowhere(world: World) -> None:
    rows, before = [{"source": "retail", "number": "x", "name": "X"}], await world.events()
    options = {
        "content": b'{"source":"r","number":"x","name":"X"}',
        "headers": {"content-type": "application/x-ndjson"},
    }
    same = "/dealers:onboard?territory=T3&reviewed_by=head&approved_by=head"
    said(await world.post(same, who=IMPORTER, **options), 403, "same-person")
    nowhere = "/dealers:onboard?territory=T9&reviewed_by=gm&approved_by=head"
    said(await world.post(nowhere, who=IMPORTER, **options), 409, "unknown-territory")
    said(await world.post(nowhere, who=MANAGER, **options), 403, "forbidden")
    known = [{"source": "ERP", "number": "C-1", "name": "Somebody"}]
    (verdict, _) = await world.bulk(
        "/dealers:onboard?territory=T3&reviewed_by=gm&approved_by=head", known, who=IMPORTER
    )
    assert verdict["verdict"] == "duplicate" and await world.events() == before and rows
