"""A file over HTTP: in with its figures, again without effect, each row and event found by the other, out again."""

from __future__ import annotations

import asyncio
import csv
import io
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

from sales_service import (
    IMPORTER,
    World,
    opened,
)

from events import (
    Imported,
    decode,
)


async def test_the_sample_comes_in_with_its_figures_and_a_second_time_changes_nothing(
    world: World, sales: bytes, figures: dict[str, Any]
) -> None:
    said = await world.done(sales)
    expected = {"state": "completed", "rows": 2106, "accepted": 2099, "duplicates": 0, "rejected": figures["rejected"]}
    assert {name: said[name] for name in expected} == expected
    assert figures["sales"] + figures["returns"] == await world.count() == 2099
    again = await world.done(sales)
    assert (again["accepted"], again["duplicates"], again["rejected"], again["state"]) == (0, 2099, 7, "completed")
    assert again["id"] != said["id"] and await world.count() == 2099
    await world.follow()
    listed = (await world.client.get("/imports", headers=IMPORTER, params={"limit": 1})).json()
    assert [(each["id"], each["state"], each["accepted"]) for each in listed["items"]] == [
        (again["id"], "completed", 0)
    ]
    rest = await world.client.get("/imports", headers=IMPORTER, params={"limit": 1, "cursor": listed["next"]})
    assert [each["id"] for each in rest.json()["items"]] == [said["id"]] and rest.json()["next"] is None
    errors = await world.client.get(said["links"]["errors"], headers=IMPORTER)
    rows = list(csv.reader(io.StringIO(errors.text.removeprefix("\ufeff"))))
    assert len(rows) == 1 + 7 and rows[0][:3] == ["row", "code", "reason"]
    assert said["reasons"] == {rows[1][1]: 7}


async def test_the_same_request_again_is_the_same_import(world: World, some: bytes) -> None:
    first = await world.send(some, key="monday")
    again = await world.send(some, key="monday")
    assert first.status_code == again.status_code == 202
    assert first.json()["id"] == again.json()["id"] and first.headers["location"] == again.headers["location"]
    assert await world.worker().work() == 1
    late = await world.send(some, key="monday")
    assert (late.status_code, late.json()["state"], late.json()["accepted"]) == (200, "completed", 200)
    assert await world.worker().work() == 0
    other = await world.send(some + b"\n", key="monday")
    assert (other.status_code, other.json()["type"]) == (422, "urn:dealerlog:problem:idempotency-key-reused")
    assert await world.count("SalesImport") == 2


async def test_a_dry_run_judges_every_row_and_writes_nothing(world: World, sales: bytes) -> None:
    said = await world.done(sales, dry_run=True)
    assert (said["state"], said["accepted"], said["rejected"], said["dry_run"]) == ("previewed", 2099, 7, True)
    preview = await world.client.get(said["links"]["preview"], headers=IMPORTER)
    verdicts = [row["verdict"] for row in csv.DictReader(io.StringIO(preview.text.removeprefix("\ufeff")))]
    assert (len(verdicts), verdicts.count("rejected")) == (2106, 7)
    assert await world.count("") == 0
    await world.done(sales)
    assert (await world.done(sales, dry_run=True))["duplicates"] == 2099


async def test_every_row_leads_to_its_events_and_every_event_to_its_row(world: World, sales: bytes) -> None:
    said = await world.done(sales)
    answer = (await world.client.get(said["links"]["rows"].format(row=17), headers=IMPORTER)).json()
    (event,) = answer["events"]
    assert (answer["file"], event["type"]) == ("sales.csv", "SaleRecorded")
    document = decode(await world.pool.fetchval("select document from log.event where id = $1", UUID(event["event"])))
    assert document.imported == Imported(said["id"], 17)
    line = sales.decode().splitlines()[16].split(",")
    assert (document.event.invoice, document.event.product) == (line[0], line[1])  # type: ignore[attr-defined]
    rejected = next(csv.DictReader(io.StringIO((await world.client.get(said["links"]["errors"], headers=IMPORTER)).text
                                               .removeprefix("\ufeff"))))["row"]  # fmt: skip
    answer = await world.client.get(said["links"]["rows"].format(row=rejected), headers=IMPORTER)
    assert answer.json()["events"] == []


async def test_an_import_that_is_undone_may_come_again(world: World, some: bytes) -> None:
    said = await world.done(some)
    asked = await world.undo(said["id"], key="undo")
    assert (asked.status_code, asked.json()["state"]) == (202, "undoing")
    assert await world.worker().work() == 1
    undone = await world.get(said["id"])
    assert (undone["state"], undone["reversed"], undone["reason"]) == ("undone", 200, "Wrong file")
    assert await world.count("SaleLineReversed") == 200
    again = await world.undo(said["id"])
    assert (again.status_code, again.json()["state"]) == (200, "undone")
    assert await world.worker().work() == 0 and await world.count("SaleLineReversed") == 200
    back = await world.done(some)
    assert (back["state"], back["accepted"], back["duplicates"]) == ("completed", 200, 0)


async def test_a_small_file_may_be_waited_for_and_named_by_its_disposition(world: World, some: bytes) -> None:
    async def work() -> None:
        while not await world.worker().work():
            await asyncio.sleep(0.02)

    working = asyncio.create_task(work())
    named = {"Content-Disposition": "attachment; filename*=UTF-8''%E9%94%80%E5%94%AE.csv"}
    answer = await world.send(some, name=None, wait=True, headers=named)
    await working
    assert (answer.status_code, answer.json()["state"], answer.json()["accepted"]) == (200, "completed", 200)
    assert answer.json()["file"] == "\u9500\u552e.csv" and answer.json()["positions"]
    assert answer.headers["dealerlog-position"] == answer.json()["position"]


async def test_an_import_holds_little_of_a_large_file_in_memory(urls: Any, tmp_path: Path) -> None:
    async with opened(urls, tmp_path) as world:
        header = b"Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
        line = b"1,P,%s,0,2010-01-01,1,17850.0,UK\n" % (b"x" * 190)  # a quantity of nothing: rejected, never written
        count = 64 * 1024 * 1024 // len(line)

        async def body() -> AsyncIterator[bytes]:
            yield header
            for _ in range(count // 1000):
                yield line * 1000

        tracemalloc.start()
        sent = await world.send(body())  # type: ignore[arg-type]
        _, received = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert sent.status_code == 202 and sent.json()["size"] > 60 * 1024 * 1024
        assert received < 24 * 1024 * 1024, f"{received:,} bytes were held while 64 MiB came in"
