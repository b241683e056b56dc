"""Whatever happens between upload and end: killed, lost, twice at once, broken off."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sales_service import BOOK, PARTITIONS, World, opened

from eventlog.facts import RECORD, columns_of
from eventlog.log import Log
from eventlog.meta import Fact
from events.placement import key_of, partition_of
from service.imports.standing import Standing, standing_of


async def small_slices(*arguments: Any, **said: Any) -> Any:
    from service.imports.engine import run_import

    return await run_import(*arguments, **said, slice_records=100, in_flight=2)


async def test_what_a_killed_process_left_in_the_database_counts_as_accepted(
    world: World, some: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await world.send(some)
    left, begun = await asyncpg.connect(world.urls.app), asyncio.Event()

    async def record(facts: list[Fact]) -> Any:
        """The first call reaches the database and is not committed when its process dies."""
        if not begun.is_set():
            begun.set()
            partition = partition_of(key_of(facts[0].stream), PARTITIONS)
            own = [fact for fact in facts if partition_of(key_of(fact.stream), PARTITIONS) == partition]
            await left.fetch(RECORD, partition, *columns_of(own))
            written.set()
        return await asyncio.Event().wait()

    transaction, written = left.transaction(isolation="read_committed"), asyncio.Event()
    await transaction.start()
    with monkeypatch.context() as dying:
        dying.setattr(world.runtime.log, "record", record)
        process = asyncio.create_task(world.worker().work())
        await written.wait()
        process.cancel()
        await asyncio.gather(process, return_exceptions=True)
    again = asyncio.create_task(world.worker().work())
    await asyncio.sleep(0.5)
    await transaction.commit()
    await left.close()
    assert await again == 1
    said = await world.get(sent.json()["id"])
    assert (said["state"], said["accepted"], said["duplicates"], await world.count()) == ("completed", 200, 0, 200)


async def test_an_import_that_is_killed_between_slices_is_finished_by_the_next_process(
    urls: Any, sales: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.imports.working.run_import", small_slices)
    folder, BOOK.stop_after = tmp_path / "imports", 900
    async with opened(urls, folder) as first:
        sent = (await first.send(sales)).json()
        task = asyncio.create_task(first.worker().work())
        async with asyncio.timeout(30):
            while not 0 < await first.count() < 900 or not (folder / sent["id"] / "progress").exists():
                await asyncio.sleep(0.05)
            while BOOK.stop_after >= 0:
                await asyncio.sleep(0.05)
        assert (await first.get(sent["id"]))["state"] == "running"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        written = await first.count()
    assert 0 < written < 2099
    BOOK.stop_after = None
    async with opened(urls, folder) as second:
        assert await second.worker().work() == 1
        said = await second.get(sent["id"])
        assert (said["state"], said["accepted"], said["duplicates"]) == ("completed", 2099, 0)
        assert await second.count() == 2099
        assert not (folder / sent["id"] / "file").exists()


async def test_a_lost_file_is_said_and_the_same_request_brings_it_back(world: World, some: bytes) -> None:
    sent = (await world.send(some, key="k")).json()
    shutil.rmtree(Path(world.runtime.settings.import_folder) / sent["id"])
    assert (await world.get(sent["id"]))["state"] == "lost"
    again = await world.send(some, key="k")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    assert await world.worker().work() == 1
    assert (await world.get(sent["id"]))["accepted"] == 200


@pytest.mark.parametrize("asked", ["import", "undo"])
async def test_what_ends_while_it_is_looked_at_is_shown_as_ended(
    world: World, some: bytes, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    sent = (await world.send(some)).json()
    if asked == "undo":
        assert await world.worker().work() == 1
        await world.undo(sent["id"])
    worked = 0

    async def read_before_the_end(log: Log, import_id: str) -> Standing:
        nonlocal worked
        standing = await standing_of(log, import_id)
        worked += await world.worker().work()
        return standing

    monkeypatch.setattr("service.imports.reading_api.standing_of", read_before_the_end)
    said = await world.get(sent["id"])
    assert (said["state"], worked) == ("completed" if asked == "import" else "undone", 1)


async def test_two_imports_of_one_file_at_once_take_every_row_once(world: World, some: bytes) -> None:
    ids = [(await world.send(some)).json()["id"] for _ in range(2)]
    await asyncio.gather(world.worker().work(), world.worker().work())
    await world.worker().work()
    said = [await world.get(each) for each in ids]
    assert [each["state"] for each in said] == ["completed", "completed"]
    assert sum(each["accepted"] for each in said) == 200 == await world.count()
    assert all(each["accepted"] + each["duplicates"] == 200 for each in said)


async def test_a_file_that_breaks_off_while_it_is_read_is_refused_whole(world: World, sales: bytes) -> None:
    broken = sales[:100_000] + b'"' + b"x" * 2_000_000
    sent = (await world.send(broken)).json()
    assert await world.worker().work() == 1
    said = await world.get(sent["id"])
    assert (said["state"], said["rows"], said["reversed"]) == ("refused", None, 0)
    assert said["reason"].startswith("refused: ") and await world.count() == 0


async def test_an_import_whose_file_was_lost_half_way_can_be_undone(
    urls: Any, sales: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.imports.working.run_import", small_slices)
    BOOK.stop_after = 300
    async with opened(urls, tmp_path) as world:
        sent = (await world.send(sales)).json()
        task = asyncio.create_task(world.worker().work())
        async with asyncio.timeout(60):
            while BOOK.stop_after >= 0:
                await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        shutil.rmtree(tmp_path / sent["id"])
        assert (await world.get(sent["id"]))["state"] == "lost"
        assert (await world.undo(sent["id"])).json()["state"] == "undoing"
        assert await world.worker().work() == 1
        said = await world.get(sent["id"])
        assert 0 < said["reversed"] == await world.count("SaleLineReversed") < 2099 and said["state"] == "undone"


async def test_a_fault_that_passes_is_said_and_the_import_goes_on(world: World, some: bytes) -> None:
    sent = (await world.send(some)).json()
    worker, log = world.worker(), world.runtime.log
    world.runtime.log = None
    assert await worker.work() == 0
    world.runtime.log = log
    said = await world.get(sent["id"])
    assert (said["state"], said["rows"]) == ("waiting", None) and said["trouble"].startswith("internal")
    assert await worker.work() == 0, "it waits before it tries again"
    assert await world.worker().work() == 1
    said = await world.get(sent["id"])
    assert (said["state"], said["accepted"], said["trouble"]) == ("completed", 200, None)


async def test_an_upload_that_breaks_off_leaves_nothing(world: World, some: bytes) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield some[:1000]
        raise ConnectionError("gone")

    answer = await world.send(breaking())  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:dealerlog:problem:temporarily-unavailable")
    root = Path(world.runtime.settings.import_folder)
    assert await world.count("") == 0 and [each for each in root.rglob("*") if each.is_file()] == []
