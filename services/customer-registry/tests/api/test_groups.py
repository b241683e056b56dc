"""Owner groups are defined once and renamed; dealers join and leave them by the head of marketing's hand."""

from __future__ import annotations

from service.testing import bearer

from .conftest import AUDITOR, HEAD, MANAGER, OTHER_MANAGER, World, said

WHY = {"reason": "One owner by the business licence."}


async def test_a_group_is_defined_renamed_and_listed(world: World) -> None:
    made = await world.post("/groups", {"code": "LH", "name": "联华控股"}, who=HEAD)
    assert (made.status_code, made.json()["name"], made.headers["location"]) == (201, "联华控股", "/groups/LH")
    said(await world.post("/groups", {"code": "LH", "name": "联华"}, who=HEAD), 428, "if-match-missing")
    etag = (await world.get("/groups/LH", who=MANAGER)).headers["etag"]
    await world.post("/groups", {"code": "LH", "name": "联华集团"}, who=HEAD, match=etag)
    listed = (await world.get("/groups", who=AUDITOR, q="联华")).json()["items"]
    assert listed == [{"code": "LH", "name": "联华集团"}]
    assert (await world.get("/groups", who=AUDITOR, q="%")).json()["items"] == []
    said(await world.post("/groups", {"code": "JK", "name": "x"}, who=MANAGER), 403, "forbidden")
    said(await world.get("/groups/nowhere", who=AUDITOR), 404, "not-found")


async def test_a_dealer_joins_a_group_by_name_of_its_code_and_leaves_it(world: World) -> None:
    await world.post("/groups", {"code": "JK", "name": "嘉康"}, who=HEAD)
    dealer = await world.onboard("Group Member", "G-1")
    path = f"/dealers/{dealer}/group"
    said(await world.post(path, {"group": "none"} | WHY, who=HEAD, match='"3"'), 409, "unknown-group")
    said(await world.post(path, {"group": "JK"} | WHY, who=MANAGER, match='"3"'), 403, "forbidden")
    said(await world.post(path, {"group": "JK"} | WHY, who=HEAD), 428, "if-match-missing")
    joined = await world.post(path, {"group": "JK"} | WHY, who=HEAD, match='"3"')
    assert (joined.status_code, joined.json()["owner_group"]) == (200, "JK")
    shown = await world.get(f"/dealers/{dealer}", who=MANAGER)
    assert (shown.json()["owner_group"], shown.headers["etag"]) == ("JK", joined.headers["etag"])
    assert [row["id"] for row in (await world.get("/dealers", who=AUDITOR, owner_group="JK")).json()["items"]] == [
        dealer
    ]
    assert (await world.get("/dealers", who=OTHER_MANAGER, owner_group="JK")).json()["items"] == []
    said(await world.post(path, {"group": "JK"} | WHY, who=HEAD, match='"4"'), 409, "in-a-group")
    left = await world.post(f"{path}/leave", WHY, who=HEAD, match='"4"')
    assert left.json()["owner_group"] is None
    said(await world.post(f"{path}/leave", WHY, who=bearer("head_of_marketing"), match='"5"'), 409, "in-no-group")
    kinds = [line["type"] for line in (await world.get(f"/dealers/{dealer}/history", who=AUDITOR)).json()["items"]]
    assert kinds[-2:] == ["DealerJoinedGroup", "DealerLeftGroup"]
