"""A policy is drafted, compared, tried, submitted, approved by somebody else, and in force from a later day."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credit_rating.published_policies import POLICIES

DRAFTS = "/policies/drafts"
CONTROLLER = "credit_controller"
HEAD = "head_of_marketing"


def second(**changes: Any) -> dict[str, Any]:
    return POLICIES.shipped() | {"version": 2, "effective_from": "2026-07-01"} | changes


async def draft(world: Any, content: Any, role: str = CONTROLLER, **said: Any) -> tuple[str, str]:
    answer = await world.post(DRAFTS, {"content": content, "note": "Prices rose."}, role, **said)
    assert answer.status_code == 201, answer.text
    await world.follow()
    assert answer.headers["location"] == f"{DRAFTS}/{answer.json()['draft']}"
    return answer.json()["draft"], answer.headers["etag"]


async def step(world: Any, draft: str, name: str, role: str, etag: str, **body: Any) -> Any:
    answer = await world.post(f"{DRAFTS}/{draft}/{name}", body, role, etag=etag)
    await world.follow()
    return answer


async def test_from_a_draft_to_a_policy_in_force(world: Any) -> None:
    content = second()
    content["limit"] = content["limit"] | {"unit": "1000"}
    id, etag = await draft(world, content)
    read = await world.get(f"{DRAFTS}/{id}")
    assert read.headers["etag"] == etag and read.json()["content"] == content
    told = (await world.get(f"{DRAFTS}/{id}/differences")).json()
    assert told["against"] == 1 and {each["path"] for each in told["differences"]} == {
        "version", "effective_from", "limit.unit",
    }  # fmt: skip
    tried = await world.post("/policies/simulations", {"draft": id}, HEAD)
    assert tried.status_code == 200 and tried.json()["then"]["hash"] == read.json()["hash"]

    submitted = await step(world, id, "submission", CONTROLLER, etag)
    assert submitted.json()["stage"] == "submitted"
    stale = await step(world, id, "approval", HEAD, etag)
    assert stale.status_code == 412
    assert (await world.post(f"{DRAFTS}/{id}/approval", {}, HEAD)).status_code == 428
    approved = await step(world, id, "approval", HEAD, submitted.headers["etag"], opinion="Agreed.")
    assert approved.status_code == 200 and approved.json()["stage"] == "approved"

    for day, states in (("2026-06-30", ["in_force", "approved"]), ("2026-07-01", ["superseded", "in_force"])):
        listed = (await world.get("/policies", query={"as_of": day})).json()["items"]
        assert [each["state"] for each in listed] == states
    people = [(each["drafted_by"], each["approved_by"]) for each in listed]
    assert people[0] == (None, None) and len({*people[1], None}) == 3
    before = (await world.get("/policies/credit/2/differences")).json()
    assert before["against"] == 1 and before["differences"] == told["differences"]
    assert (await world.get("/policies/credit/2")).json()["content"] == content
    assert (await world.get("/policies/credit/1/differences")).json()["against"] is None
    assert [each["stage"] for each in (await world.get(DRAFTS)).json()["items"]] == ["approved"]
    again = await step(world, id, "approval", HEAD, approved.headers["etag"])
    assert again.status_code == 409 and again.json()["type"].endswith("no-draft")


async def test_who_wrote_a_draft_does_not_approve_it_and_nobody_publishes_alone(world: Any) -> None:
    content = second(version=3, effective_from="2026-09-01")
    id, etag = await draft(world, content, role=HEAD)
    etag = (await step(world, id, "submission", HEAD, etag)).headers["etag"]
    own = await step(world, id, "approval", HEAD, etag)
    assert own.status_code == 403 and own.json()["type"].endswith("same-person")
    returned = await step(world, id, "return", HEAD, etag, reason="Write it anew.")
    assert returned.json()["stage"] == "drafting"
    gone = await step(world, id, "withdrawal", CONTROLLER, returned.headers["etag"], reason="Not needed.")
    assert gone.json()["stage"] == "withdrawn"
    listed = (await world.get(DRAFTS, query={"stage": "withdrawn"})).json()["items"]
    assert [(each["draft"], each["reason"]) for each in listed] == [(id, "Not needed.")]
    assert (await world.post("/policies", {"content": content}, HEAD)).status_code == 405


async def test_the_same_request_again_is_the_same_draft(world: Any) -> None:
    content = second(version=4, effective_from="2026-09-01")
    first, etag = await draft(world, content, key="one draft")
    assert (await draft(world, content, key="one draft")) == (first, etag)
    await step(world, first, "withdrawal", CONTROLLER, etag, reason="It was only tried.")


async def test_an_error_names_the_line_of_the_text_and_the_path(world: Any) -> None:
    content = second()
    content["indicators"] = content["indicators"] | {"no_history": "D"}
    text = json.dumps(content, indent=2)
    line = next(n for n, each in enumerate(text.splitlines(), 1) if '"no_history"' in each)
    for path in ("/policies/validations", DRAFTS, "/policies/simulations"):
        refused = await world.post(path, {"text": text}, HEAD)
        (error,) = refused.json()["errors"]
        assert refused.status_code == 422 and (error["path"], error["line"]) == ("indicators.no_history", line)
        assert f"line {line}, indicators.no_history" in refused.json()["detail"]
    kept = await world.post("/policies/validations", {"text": json.dumps(second())}, "sales_representative",
                            territory="T1")  # fmt: skip
    assert kept.status_code == 200 and kept.json()["version"] == 2


@pytest.mark.parametrize(
    ("body", "line", "path"),
    [
        ({"text": '{"name": "credit",\n"version" 2}'}, 2, ""),
        ({"text": '{"name": "credit",\n"version": 2,\n"version": 3}'}, 3, "version"),
        ({"text": "[]"}, 1, ""),
        ({"content": {"name": "credit", "limit": {"unit": "half"}}}, 1, "limit.unit"),
    ],
)
async def test_what_is_no_document_is_refused_with_the_line(world: Any, body: Any, line: int, path: str) -> None:
    refused = await world.post("/policies/validations", body, HEAD)
    assert refused.status_code == 422, refused.text
    assert (line, path) in [(each["line"], each["path"]) for each in refused.json()["errors"]], refused.text


async def test_neither_a_document_nor_a_draft_is_refused(world: Any) -> None:
    for body in ({}, {"text": "{}", "content": {}}):
        assert (await world.post(DRAFTS, body, HEAD)).status_code == 422
    unknown = await world.post("/policies/simulations", {"draft": "0" * 8 + "-0000-7000-8000-" + "0" * 12}, HEAD)
    assert unknown.status_code == 404
