"""`make profile`: a rebuild and the publisher under py-spy; two flame graphs and the functions with most own time."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import msgspec
import uvloop
from rich.table import Table

from bench.rows.rebuild import SERVICE, fill, filled
from bench.sizes import SIZES
from bench.stack import Bench, service, stack
from bench.workload import facts
from dealerlog.addresses import Addresses, KafkaAddress
from dealerlog.databases import DatabaseUrls
from dealerlog.fleet import member
from dealerlog.installation import CHECKOUT
from dealerlog.steps import Steps
from eventlog import generations, loading
from eventlog.database import connect_pool
from eventlog.log import Log
from eventlog.plan import Plan

FOLDER = CHECKOUT / ".local" / "profile"
GIVEN, DONE = "DEALERLOG_PROFILED", "profiled"
A_SECOND = 500
FILLS = 3
HOTTEST = 10
SLICE = 20_000
FORBIDDEN = "the kernel lets py-spy look into no process: allow ptrace (CAP_SYS_PTRACE in a container), or be root"
TITLE = re.compile(r"(.*) \(([\d,]+) samples, [\d.]+%\)")
SVG, FLAME = "{http://www.w3.org/2000/svg}", "{http://github.com/jonhoo/inferno}"


class Unprofiled(Exception):
    """py-spy is not there, or not allowed."""


class Frame(NamedTuple):
    """One box of a flame graph: how deep, from which sample on, over how many."""

    depth: float
    start: int
    samples: int
    function: str


class Given(msgspec.Struct):
    """What the profiled process is told: where everything is that was made for it."""

    what: str
    kafka: KafkaAddress
    urls: DatabaseUrls
    prefix: str
    partitions: int


async def profile(where: Addresses, events: int, steps: Steps) -> dict[str, Path]:
    """Both flame graphs, by what they are of."""
    made = {}
    for what in ("rebuild", "publisher"):
        async with service(SERVICE, where) as bench:
            with steps.step(what) as step:
                await prepared(bench, what, events)
                given = Given(what, where.kafka, bench.urls, bench.prefix, bench.partitions)
                made[what] = FOLDER / f"{what}.svg"
                await asyncio.to_thread(recorded, given, made[what])
                step.note = str(made[what].relative_to(CHECKOUT))
    return made


async def prepared(bench: Bench, what: str, events: int) -> None:
    """A full topic and a generation, or a log of which nothing is published."""
    if what == "rebuild":
        await fill(bench, events)
        await generations.ensure(bench.pool, bench.plan, bench.partitions, bench.security)
        return
    for start in range(0, events, SLICE):
        await bench.log.record(facts(min(SLICE, events - start), seed=start))


def recorded(given: Given, svg: Path) -> None:
    """Run it in a process of its own under py-spy; raises `Unprofiled`."""
    spy = Path(sys.executable).parent / "py-spy"
    if not spy.exists():
        raise Unprofiled(f"{spy} is missing: it has no wheel for this platform")
    svg.parent.mkdir(parents=True, exist_ok=True)
    ours = [sys.executable, "-m", "bench.profile"]
    argv = [str(spy), "record", "--function", "--rate", str(A_SECOND), "--output", str(svg), "--", *ours]
    environment = {**os.environ, GIVEN: msgspec.json.encode(given).decode()}
    ended = subprocess.run(argv, cwd=CHECKOUT, env=environment, capture_output=True, text=True)
    if ended.returncode and re.search(r"permission denied|not permitted|elevated|requires root", ended.stderr, re.I):
        raise Unprofiled(FORBIDDEN)
    if DONE not in ended.stdout:  # py-spy ends with 0 whatever the process that it looks at ends with
        raise Unprofiled(f"{given.what} failed under py-spy:\n{ended.stderr.strip()[-2000:]}")


async def profiled(given: Given) -> None:
    """What py-spy looks at: the benchmark's own loops over what is there."""
    each = member(SERVICE)
    pool = await connect_pool(given.urls.app, size=16, bounded=False)
    log = Log(SERVICE, pool, partitions=given.partitions)
    bench = Bench(each, Addresses(given.kafka, ""), given.urls, given.prefix, given.partitions, log, pool,
                  Plan(each.declaration.tables))  # fmt: skip
    try:
        if given.what == "publisher":
            await bench.publish()
        for _ in range(FILLS if given.what == "rebuild" else 0):
            await filled(bench, pool, loading.load)
    finally:
        await pool.close()


def own_time(svg: Path) -> Counter[str]:
    """Samples of each function itself: a frame's width without that of the frames it calls; imports are left out."""
    frames = []
    for group in ElementTree.parse(svg).iter(f"{SVG}g"):
        title, box = group.find(f"{SVG}title"), group.find(f"{SVG}rect")
        if title is not None and box is not None and (found := TITLE.fullmatch(title.text or "")):
            frames.append(Frame(float(box.get("y", 0)), int(box.get(f"{FLAME}x", 0)), int(box.get(f"{FLAME}w", 0)),
                                found[1]))  # fmt: skip
    own: Counter[str] = Counter()
    callers: list[tuple[Frame, bool]] = []
    for frame in sorted(frames, key=lambda frame: (frame.start, frame.depth)):
        while callers and frame.start >= callers[-1][0].start + callers[-1][0].samples:
            callers.pop()
        imports = "importlib" in frame.function or bool(callers and callers[-1][1])
        if callers and not callers[-1][1]:
            own[callers[-1][0].function] -= frame.samples
        if not imports:
            own[frame.function] += frame.samples
        callers.append((frame, imports))
    return own


def hottest(what: str, svg: Path) -> Table:
    """The functions with most own time, those of C counted to who calls them."""
    own = own_time(svg)
    shown = Table(title=f"{what}: most own time, of {own.total():,} samples outside imports")
    shown.add_column("function")
    shown.add_column("own time", justify="right")
    for function, samples in own.most_common(HOTTEST):
        shown.add_row(function, f"{100 * samples / own.total():.1f} %")
    return shown


def main() -> int:
    """Profile and print; in the profiled process itself, do what is profiled."""
    if told := os.environ.get(GIVEN):
        uvloop.run(profiled(msgspec.json.decode(told, type=Given)))
        print(DONE)
        return 0
    parser = argparse.ArgumentParser(prog="make profile", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="default")
    events = SIZES[parser.parse_args().size].events
    steps = Steps()
    try:
        with stack(steps) as where:
            made = uvloop.run(profile(where, events, steps))
    except Unprofiled as error:
        steps.say(str(error), style="red")
        return 1
    for what, svg in made.items():
        steps.console.print(hottest(what, svg))
    steps.say("Runner.run is uvloop's loop with what it calls in C: sockets, asyncpg's protocol")
    steps.say(f"flame graphs: open {' and '.join(str(svg) for svg in made.values())} in a browser")
    return 0


if __name__ == "__main__":
    sys.exit(main())
