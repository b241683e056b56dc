"""Imports over HTTP on a real PostgreSQL: sales of the shipped sample, whatever happens between upload and end."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import json
import shutil
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from eventlog.database import connect_pool
from eventlog.facts import RECORD
from eventlog.log import Log
from eventlog.meta import Fact
from eventlog.projection import StateTable, text, uuid
from eventlog.projector import Projector
from events import (
    Imported,
    SaleLineReversed,
    SaleRecorded,
    SaleReturned,
    SalesImportCompleted,
    SalesImportStarted,
    SalesImportUndone,
    command_id,
    decode,
    encode,
    request_hash,
    uuid7,
)
from events.placement import HEADER, key_of, pack, partition_of
from service.app import Service
from service.imports import MappedRecord, RowVerdict, SaleLine
from service.imports.api import imports_of
from service.imports.importing import Importing, Running
from service.imports.problems import PROBLEMS
from service.imports.working import ImportWorker
from service.migrations import migrate
from service.rls import RowSecurity
from service.scope import Reader
from service.testing import bearer, settings_of

PARTITIONS = 12
IMPORTER = bearer("importer")
PROFILE = Path(__file__).parents[4] / "services/tiering/tiering/profiles/online-retail-2009-10.toml"


class Book:
    """Where the sink of these tests stops, and how often lines were taken back."""

    stop_after: int | None = None
    taken_back: dict[str, int] = {}  # noqa: RUF012


BOOK = Book()


def fact_of(line: SaleLine, running: Running) -> Fact:
    """A line as a fact; a line that was taken back may come again, under its next revision."""
    dealer = str(command_id("dealer", line.source, line.dealer))
    members = {name: getattr(line, name) for name in SaleRecorded.model_fields}
    event = (SaleReturned if line.returned else SaleRecorded)(**members)
    identity, again = uuid7(), BOOK.taken_back.get("/".join(line.identity), 0)
    document = encode(
        event, id=identity, subject=dealer, time=event_time(), actor=running.caller.login, business_date=running.today,
        correlation=running.correlation, imported=Imported(running.import_id, line.row),
    )  # fmt: skip
    return Fact(f"{dealer}/sales", command_id(*line.identity, again), request_hash(event), identity, document)


def event_time() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


async def sink_of(running: Running) -> Any:
    """Records lines; in a dry run says what is known already."""

    async def sink(records: list[MappedRecord]) -> list[RowVerdict]:
        if BOOK.stop_after is not None:
            BOOK.stop_after -= len(records)
            if BOOK.stop_after < 0:
                await asyncio.Event().wait()  # hangs until it is killed
        facts = [fact_of(record, running) for record in records if isinstance(record, SaleLine)]
        if running.dry_run:
            commands = [fact.command for fact in facts]
            rows = await running.log.pool.fetch("select command from log.event where command = any($1)", commands)
            known = {row["command"] for row in rows}
            return [
                RowVerdict(record.row, "duplicate" if fact.command in known else "accepted")
                for record, fact in zip(records, facts, strict=True)
            ]
        verdicts = await running.log.record(facts)
        return [
            RowVerdict(record.row, "rejected", "document-conflict", "Another content.")
            if verdict.kind == "conflict"
            else RowVerdict(record.row, verdict.kind)
            for record, verdict in zip(records, verdicts, strict=True)
        ]

    return sink


async def undo(running: Running, reason: str) -> None:
    """Reverse every line of the import once."""
    for partition in range(PARTITIONS):
        for row in await running.log.read(partition, 0, 100_000):
            recorded = decode(row.document)
            if recorded.imported is None or recorded.imported.id != running.import_id:
                continue
            event = SaleLineReversed(line=recorded.id, reason=reason)
            identity = uuid7()
            document = encode(
                event, id=identity, subject=recorded.subject, time=event_time(), actor=running.caller.login,
                business_date=running.today, correlation="c",
            )  # fmt: skip
            command = command_id("reversal", recorded.id)
            fact = Fact(f"{recorded.subject}/sales", command, request_hash(event), identity, document)
            (verdict,) = await running.log.record([fact])
            if verdict.kind == "accepted":
                line: Any = recorded.event
                kind = "return" if isinstance(line, SaleReturned) else "sale"
                identity_of = (kind, line.source, line.invoice, line.product, str(line.quantity), str(line.unit_price),
                               str(line.line))  # fmt: skip
                key = "/".join(identity_of)
                BOOK.taken_back[key] = BOOK.taken_back.get(key, 0) + 1


IMPORTING = Importing(
    package="tiering", started=SalesImportStarted, completed=SalesImportCompleted, undone=SalesImportUndone,
    reversal=SaleLineReversed, kinds=("sales",), sink=sink_of, undo=undo,
)  # fmt: skip
dealer_scope = StateTable(
    "dealer_scope", key={"dealer": uuid}, columns={"territory": text, "branch": text, "region": text}
)
SERVICE = Service(
    name="tiering", title="Imports", routers=[imports_of(IMPORTING)], tables=[dealer_scope, IMPORTING.table],
    deciders=[IMPORTING.decider], problems=PROBLEMS,
)  # fmt: skip


class Kept:
    """A record as aiokafka hands it over."""

    def __init__(self, row: Any) -> None:
        self.topic, self.partition, self.offset = "tiering.events", row.partition, row.sequence - 1
        self.key, self.value = row.stream.partition("/")[0].encode(), row.document
        self.headers = ((HEADER, pack(row.placement)),)


class World:
    """One installation: `client` calls it, `worker()` is a process that does imports."""

    def __init__(self, urls: Any, pool: Any, runtime: Any, client: httpx.AsyncClient) -> None:
        self.urls, self.pool, self.runtime, self.client = urls, pool, runtime, client
        self.shown = dict.fromkeys(range(PARTITIONS), 0)

    async def follow(self) -> None:
        """Show what the log holds."""
        for partition in range(PARTITIONS):
            while rows := await self.runtime.log.read(partition, self.shown[partition], 1000):
                await self.runtime.projector.apply([Kept(row) for row in rows])
                self.shown[partition] = rows[-1].sequence

    def worker(self) -> ImportWorker:
        """A process's worker."""
        return ImportWorker(IMPORTING, self.runtime)

    async def send(self, content: bytes, name: str = "sales.csv", *, key: str = "", headers: Any = None,
                   **query: Any) -> httpx.Response:  # fmt: skip
        """POST /imports with the sample's profile unless another is named."""
        query = {"name": name, "profile": "online-retail-2009-10"} | query
        said = IMPORTER | {"Idempotency-Key": key or uuid4().hex, "Content-Type": "application/octet-stream"}
        params = {name: value for name, value in query.items() if value is not None}
        return await self.client.post("/imports", params=params, content=content, headers=said | (headers or {}))

    async def done(self, content: bytes, name: str = "sales.csv", **query: Any) -> dict[str, Any]:
        """Send a file, do the work, and answer how it ended."""
        sent = await self.send(content, name, **query)
        assert sent.status_code == 202, sent.text
        assert await self.worker().work() == 1
        return await self.get(sent.json()["id"])

    async def get(self, import_id: str) -> dict[str, Any]:
        """How it stands."""
        answer = await self.client.get(f"/imports/{import_id}", headers=IMPORTER)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def undo(self, import_id: str, key: str = "") -> httpx.Response:
        """Ask for an undo."""
        headers = IMPORTER | {"Idempotency-Key": key or uuid4().hex}
        return await self.client.post(f"/imports/{import_id}/undo", json={"reason": "Wrong file"}, headers=headers)

    async def count(self, kind: str = "^Sale(Recorded|Returned)$") -> int:
        """Events of a type in the log."""
        sql = "select count(*) from log.event where convert_from(document, 'UTF8')::jsonb ->> 'type' ~ $1"
        counted: int = await self.pool.fetchval(sql, kind)
        return counted


@asynccontextmanager
async def opened(urls: Any, folder: Path, **said: Any) -> AsyncIterator[World]:
    """A process on that database and folder."""
    pool = await connect_pool(urls.app, size=8)
    log = Log("tiering", pool, partitions=PARTITIONS)
    security = RowSecurity.of(urls.name)
    projector = Projector("tiering", SERVICE.tables, pool, PARTITIONS, security=security)
    await projector.start()
    reader = await Reader.connect(urls.reader)
    settings = settings_of(**({"currency": "GBP", "import_folder": str(folder), "wait_seconds": 5.0} | said))
    runtime = SERVICE.runtime(settings, log=log, reader=reader, pool=pool, projector=projector)
    app = SERVICE.application(settings, runtime=runtime)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tiering.test") as client:
        yield World(urls, pool, runtime, client)
    await reader.close()
    await pool.close()


@pytest.fixture
async def urls(database: Callable[..., Awaitable[Any]]) -> Any:
    BOOK.stop_after, BOOK.taken_back = None, {}
    made = await database("imports")
    migrate(made.owner)
    pool = await connect_pool(made.app, size=1)
    await pool.execute("update log.lineage set opened = true, service = 'tiering'")
    await pool.close()
    return made


@pytest.fixture
async def world(urls: Any, tmp_path: Path) -> AsyncIterator[World]:
    async with opened(urls, tmp_path / "imports") as made:
        yield made


@pytest.fixture(scope="module")
def sales(sample: Path) -> bytes:
    return (sample / "online-retail-small.csv").read_bytes()


@pytest.fixture(scope="module")
def some(sales: bytes) -> bytes:
    """The header and 200 rows of the sample, all of them acceptable."""
    lines = [line for line in sales.splitlines(keepends=True) if b",," not in line]
    return b"".join(lines[:201])


@pytest.fixture(scope="module")
def figures(sample: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((sample / "online-retail-small.json").read_text())["online-retail-small.csv"]
    return said


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
            streams, commands, hashes, ids, documents, claims = zip(*own, strict=True)
            await left.fetch(RECORD, partition, streams, commands, hashes, ids, claims, documents)
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


async def small_slices(*arguments: Any, **said: Any) -> Any:
    from service.imports.engine import run_import

    return await run_import(*arguments, **said, slice_records=100, in_flight=2)


async def test_a_lost_file_is_said_and_the_same_request_brings_it_back(world: World, some: bytes) -> None:
    sent = (await world.send(some, key="k")).json()
    shutil.rmtree(Path(world.runtime.settings.import_folder) / sent["id"])
    assert (await world.get(sent["id"]))["state"] == "lost"
    again = await world.send(some, key="k")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    assert await world.worker().work() == 1
    assert (await world.get(sent["id"]))["accepted"] == 200


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


async def test_an_upload_that_breaks_off_leaves_nothing(world: World, some: bytes) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield some[:1000]
        raise ConnectionError("gone")

    answer = await world.send(breaking())  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:dealerlog:problem:temporarily-unavailable")
    root = Path(world.runtime.settings.import_folder)
    assert await world.count("") == 0 and [each for each in root.rglob("*") if each.is_file()] == []


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
