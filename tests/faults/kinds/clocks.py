"""Clocks that are wrong, by libfaketime: of one process, of PostgreSQL."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from faults.kinds import Strike, kind, until
from faults.world import SPLIT, World

VARIABLE = "LIBFAKETIME"
PLACES = ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")


@cache
def library() -> Path | None:
    """libfaketime: where the variable says, where a distribution puts it, or in its Python wheel."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    found = [path for place in PLACES if Path(place).exists() for path in Path(place).glob("**/libfaketime.so.1")]
    if (spec := find_spec("libfaketime")) is not None and spec.origin:
        found += Path(spec.origin).parent.glob("**/libfaketime.so.1")
    return found[0] if found else None


def _needs(world: World) -> str | None:
    return None if library() else f"libfaketime is not installed (or name it in {VARIABLE})"


def moved(seconds: int) -> dict[str, str]:
    """The variables of a process whose clock is off; monotonic clocks go on."""
    return {"LD_PRELOAD": str(library()), "FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1"}  # fmt: skip


@kind("service-clock", "a service's clock is ten minutes off: its worker must stop loudly", every=4, needs=_needs)
def service_clock(strike: Strike) -> None:
    """Whoever issues what is due by the wrong date would be believed."""
    world = strike.world
    process = world.of(SPLIT, strike.chance.choice(("worker", "api")))
    world.stop([process])
    offset = strike.chance.choice((-600, 600))
    world.start(process, **moved(offset))
    strike.note = f"{process.name} {offset:+d} s"
    if process.roles == "worker":
        until(lambda: not process.running.alive(), "the end of a worker whose clock is wrong", 40)
    else:
        strike.pause(4, 6)
    world.stop([process])
    world.start(process)


@kind("postgres-clock", "PostgreSQL's clock jumps forth and back", every=4, needs=_needs)
def postgres_clock(strike: Strike) -> None:
    """`recorded_at` must never fall within a partition, and the host's clock differ by less than a minute."""
    world = strike.world
    offset = strike.chance.choice((-3600, -40, 20, 40))
    world.postmaster().stop()
    before = {name: os.environ.get(name) for name in moved(offset)}
    os.environ.update(moved(offset))
    try:
        world.start_postgres()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    strike.note = f"{offset:+d} s"
    strike.pause(3, 5)
    world.postmaster().stop()
    world.start_postgres()
