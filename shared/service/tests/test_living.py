"""A process shows progress or turns red, drains when asked, and goes down loudly when something in it dies."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service.app import Service
from service.context import Read
from service.health import Health, Heart
from service.lifecycle import Loop, running, until_stopped
from service.metrics import Metrics
from service.routing import Router
from service.telemetry import Telemetry, current_traceparent, parse_traceparent
from service.testing import bearer, settings_of

TINY = Service(name="tiny", title="Tiny", routers=[])


async def test_a_silent_loop_and_a_dead_one_turn_liveness_red() -> None:
    health = Health()
    heart = health.heart("projector", stale_seconds=10)
    assert health.live() == (True, {"projector": "ok"})
    heart.at -= 11
    assert not health.live()[0]
    heart.beat()
    assert health.live()[0]
    heart.failure = "died: ValueError"
    assert health.live() == (False, {"projector": "died: ValueError"})


async def test_readiness_asks_with_a_time_limit_and_a_draining_process_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.health.CHECK_SECONDS", 0.05)
    monkeypatch.setattr("service.health.REMEMBERED_SECONDS", 0)
    health = Health()

    async def well() -> None: ...

    async def hangs() -> None:
        await asyncio.sleep(60)

    health.depends("database", well)
    assert await health.ready() == (True, {"database": "ok"})
    health.draining = True
    assert not (await health.ready())[0]
    health.draining = False
    health.depends("kafka", hangs)
    began = time.monotonic()
    is_ready, told = await health.ready()
    assert not is_ready and told["kafka"].startswith("no answer") and time.monotonic() - began < 1


async def test_a_loop_runs_only_in_its_role_and_is_asked_to_stop() -> None:
    runtime = TINY.runtime(settings_of(roles="api,worker"))
    ran: list[str] = []

    def loop(name: str, role: str) -> Loop:
        async def run(heart: Heart, stopping: asyncio.Event) -> None:
            await stopping.wait()
            ran.append(name)

        return Loop(name=name, role=role, run=run)  # type: ignore[arg-type]

    async with running([loop("projector", "worker"), loop("publisher", "relay")], runtime):
        await asyncio.sleep(0)
    assert ran == ["projector"] and runtime.health.live()[0]


async def test_a_loop_that_dies_fails_the_process_at_once() -> None:
    runtime, failed = TINY.runtime(settings_of()), asyncio.Event()
    runtime.fail = lambda why: failed.set()

    async def work() -> None:
        raise ValueError("broken")

    loop = Loop(name="clock", role="worker", run=until_stopped(work, time.monotonic))
    async with running([loop], runtime):
        await asyncio.wait_for(failed.wait(), 5)
        assert runtime.health.live() == (False, {"clock": "died: ValueError"})


async def test_a_scrape_answers_even_when_the_database_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.metrics.MEASURE_SECONDS", 0.05)
    metrics = Metrics()
    metrics.parked_streams.set(3)

    async def hangs(_: Metrics) -> None:
        await asyncio.sleep(60)

    metrics.measure(hangs)
    text = (await metrics.exposition()).decode()
    assert "dealerlog_parked_streams 3.0" in text and "dealerlog_measured_age_seconds" in text


PROCESS = """
import asyncio, sys
from contextlib import asynccontextmanager
from service import logs
from service.app import Service
from service.context import Read
from service.lifecycle import Loop, running, serve
from service.routing import Router
from service.testing import settings_of

router = Router("slow")

@router.get("/slow", permission="slow.read")
async def slow(read: Read) -> dict[str, str]:
    print("begun", flush=True)
    await asyncio.sleep(1.5)
    return {"answer": "whole"}

async def loop(heart, stopping):
    if sys.argv[2] == "dies":
        await asyncio.sleep(0.5)
        raise ValueError("broken")
    await stopping.wait()
    print("loop stopped", flush=True)

@asynccontextmanager
async def wire(service, runtime):
    async with running([Loop(name="loop", role="worker", run=loop)], runtime):
        print("ready", flush=True)
        yield
    print("closed", flush=True)

service = Service(name="tiny", title="Tiny", routers=[router], permissions={"slow.read": ("auditor",)})
settings = settings_of(port=int(sys.argv[1]))
logs.configure("tiny")
sys.exit(serve(service.application(settings, wire=wire), settings))
"""


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    yield number


def start(tmp_path: Path, port: int, how: str) -> subprocess.Popen[str]:
    script = tmp_path / "process.py"
    script.write_text(PROCESS)
    return subprocess.Popen([sys.executable, str(script), str(port), how], stdout=subprocess.PIPE, text=True)


def lines_until(process: subprocess.Popen[str], wanted: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == wanted:
            return
    raise AssertionError(f"{wanted!r} was never printed")


@pytest.mark.slow
async def test_sigterm_lets_the_request_in_flight_finish_then_stops_loops(tmp_path: Path, port: int) -> None:
    process = start(tmp_path, port, "lives")
    lines_until(process, "ready")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        for _ in range(100):
            try:
                await client.get("/health/live")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
        asked = asyncio.create_task(client.get("/slow", headers=bearer("auditor")))
        await asyncio.to_thread(lines_until, process, "begun")
        process.send_signal(signal.SIGTERM)
        answer = await asked
    assert answer.json() == {"answer": "whole"}
    rest, _ = await asyncio.to_thread(process.communicate, None, 20)
    assert [line for line in rest.splitlines() if not line.startswith("{")] == ["loop stopped", "closed"]
    assert process.returncode == 0


async def test_a_process_whose_loop_died_ends_with_status_1(tmp_path: Path, port: int) -> None:
    process = start(tmp_path, port, "dies")
    out, _ = await asyncio.to_thread(process.communicate, None, 30)
    assert process.returncode == 1 and "loop died" in out and "closed" in out


router = Router("traced")
seen: list[str | None] = []


@router.get("/traced", permission="traced.read")
async def traced(read: Read) -> dict[str, str]:
    """Remembers what an event written here would carry."""
    seen.append(current_traceparent())
    return {}


@pytest.mark.parametrize("exporting", [True, False])
async def test_what_an_event_carries_belongs_to_the_callers_trace(exporting: bool) -> None:
    service = Service(name="tiny", title="Tiny", routers=[router], permissions={"traced.read": ("auditor",)})
    exporter = InMemorySpanExporter()
    telemetry = Telemetry("tiny", exporter=exporter if exporting else None)
    app = service.application(settings_of(), runtime=service.runtime(settings_of()), telemetry=telemetry)
    theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tiny") as client:
        await client.get("/traced", headers=bearer("auditor") | {"traceparent": theirs})
        await client.get("/traced", headers=bearer("auditor"))
    ours, fresh = (parse_traceparent(text) for text in seen[-2:])
    assert ours is not None and fresh is not None
    assert (
        f"{ours.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c" and f"{ours.span_id:016x}" != "b7ad6b7169203331"
    )
    assert fresh.trace_id != ours.trace_id
    telemetry.close()
    assert [span.name for span in exporter.get_finished_spans()] == (["GET /traced"] * 2 if exporting else [])


@pytest.mark.parametrize(
    "text",
    ["", None, "00-0-0-00", "ff-" + "1" * 32 + "-" + "1" * 16 + "-01", "00-" + "g" * 32 + "-" + "1" * 16 + "-01"],
)
def test_a_broken_traceparent_never_stops_an_event(text: str | None) -> None:
    assert parse_traceparent(text) is None
