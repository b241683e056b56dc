"""What is refused before anything is recorded, and who may import."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sales_service import (
    IMPORTER,
    PROFILE,
    World,
    opened,
)

from service.testing import bearer

REFUSED = {
    "an empty body": (b"", {}, 422, "empty-file"),
    "a broken workbook": (b"PK\x03\x04 no zip at all", {"name": "a.xlsx"}, 422, "broken-file"),
    "another format than its name": (b"PK\x03\x04 no zip at all", {}, 422, "wrong-extension"),
    "no known format": (b"a,b\n1,2\n", {"name": "a.exe"}, 422, "unknown-format"),
    "missing columns": (b"a,b\n1,2\n", {}, 422, "missing-column"),
    "an unknown profile": (b"a,b\n1,2\n", {"profile": "mine"}, 422, "unknown-profile"),
    "no profile": (b"a,b\n1,2\n", {"profile": None}, 422, "unknown-profile"),
    "no name": (b"a,b\n1,2\n", {"name": None}, 422, "invalid"),
    "an unknown parameter": (b"a,b\n1,2\n", {"onboard": "true"}, 422, "invalid"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_imported_is_refused_before_anything_is_recorded(world: World, case: str) -> None:
    content, query, status, code = REFUSED[case]
    name = query.get("name", "sales.csv")
    answer = await world.send(content, name, **{k: v for k, v in query.items() if k != "name"})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:dealerlog:problem:{code}")
    assert await world.count("") == 0 and await world.worker().work() == 0
    root = Path(world.runtime.settings.import_folder)
    assert [each for each in root.rglob("*") if each.is_file()] == []


async def test_another_currency_an_oversize_file_and_a_full_folder_are_refused(
    urls: Any, sales: bytes, tmp_path: Path
) -> None:
    async with opened(urls, tmp_path / "a", currency="CNY", import_bytes=2048, import_folder_bytes=4096) as world:
        foreign = await world.send(b"a,b\n1,2\n")
        assert (foreign.status_code, foreign.json()["type"]) == (422, "urn:dealerlog:problem:other-currency")
        long = await world.send(sales)
        assert (long.status_code, long.json()["type"]) == (413, "urn:dealerlog:problem:too-large")
    async with opened(urls, tmp_path / "b", import_folder_bytes=4096) as world:
        full = await world.send(sales)
        assert (full.status_code, full.json()["type"]) == (503, "urn:dealerlog:problem:import-folder-full")
        assert "retry-after" in full.headers and await world.count("") == 0


async def test_finished_imports_give_way_to_a_new_file(urls: Any, some: bytes, tmp_path: Path) -> None:
    async with opened(urls, tmp_path, import_folder_bytes=len(some) + 4096) as world:
        said = await world.done(some)
        assert said["state"] == "completed"
        again = await world.done(some)
        assert again["state"] == "completed"
        assert (await world.get(said["id"]))["accepted"] == 200, "its figures are in the log"


async def test_a_profile_may_come_with_the_file_and_is_checked_by_key(world: World, some: bytes) -> None:
    own = PROFILE.read_text().replace("online-retail-2009-10", "my-own")
    carried = {"Import-Profile": base64.b64encode(own.encode()).decode()}
    said = await world.done(some, profile=None, headers=carried)
    assert (said["profile"], said["accepted"], said["options"]["profile_text"]) == ("my-own", 200, own)
    wrong = own.replace('currency = "GBP"', 'currency = "pounds"').replace("quantity =", "quantities =")
    headers = IMPORTER | {"Idempotency-Key": "p", "Content-Type": "application/toml"}
    answer = await world.client.post("/profiles:check", content=wrong, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:dealerlog:problem:profile")
    assert {error["name"] for error in answer.json()["errors"]} == {
        "currency", "columns.quantity", "columns.quantities"
    }  # fmt: skip
    right = await world.client.post("/profiles:check", content=own, headers=headers)
    assert (right.status_code, right.json()["profile"]) == (200, "my-own")
    shipped = (await world.client.get("/profiles", headers=IMPORTER)).json()["items"]
    assert [each["profile"] for each in shipped] == ["online-retail-2009-10", "online-retail-2010-11"]
    assert shipped[0]["text"] == PROFILE.read_text()


async def test_only_an_importer_imports(world: World, some: bytes) -> None:
    for role in ("auditor", "operator", "credit_controller"):
        answer = await world.send(some, headers=bearer(role))
        assert answer.status_code == 403, role
    anonymous = await world.client.post("/imports", content=some)
    assert anonymous.status_code == 401
    unknown = await world.client.get(f"/imports/{uuid4()}", headers=IMPORTER)
    assert unknown.status_code == 404
    sent = (await world.send(some)).json()
    early = await world.undo(sent["id"])
    assert (early.status_code, early.json()["type"]) == (409, "urn:dealerlog:problem:import-running")
