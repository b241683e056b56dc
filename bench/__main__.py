"""`python -m bench [ROW …]`: print one table, write it as JSON. SIZE=small, default or large; ROUNDS=…"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import uvloop

from bench import report
from bench.measuring import Row
from bench.rows import ageing, bulk, classes, commands, length, memory, peers, read, rebuild, tried, visible, whatif
from bench.sizes import SIZES, Size
from bench.stack import stack
from dealerlog.addresses import Addresses
from dealerlog.installation import CHECKOUT
from dealerlog.steps import Steps

Rows = Callable[[Addresses, Size], AsyncIterator[Row]]
SUBJECTS: dict[str, Rows] = {
    "rebuild": rebuild.rows,
    "bulk": bulk.rows,
    "commands": commands.rows,
    "read": read.rows,
    "visible": visible.rows,
    "ageing": ageing.rows,
    "classes": classes.rows,
    "whatif": whatif.rows,
    "memory": memory.rows,
    "tried": tried.rows,
    "peers": peers.rows,
    "length": length.rows,
}
OUT = CHECKOUT / ".local" / "bench.json"


class Measured(NamedTuple):
    """What a run gave: rows, and what went wrong by subject. `seconds` of each subject, its preparation included."""

    machine: dict[str, object]
    rows: list[Row]
    seconds: dict[str, float]
    failed: dict[str, str]


async def measure(where: Addresses, size: Size, subjects: list[str], steps: Steps) -> Measured:
    """Every row of these subjects, one subject after the other; one that fails leaves the others be."""
    measured = Measured(await report.machine(where), [], {}, {})
    for subject in subjects:
        started = time.perf_counter()
        try:
            with steps.step(subject) as step:
                async for row in SUBJECTS[subject](where, size):
                    measured.rows.append(row)
                    step.tell(row.name)
                step.note = "measured"
        except Exception as error:
            logging.getLogger("bench").exception("%s failed", subject)
            measured.failed[subject] = f"{type(error).__name__}: {error}"
        measured.seconds[subject] = round(time.perf_counter() - started, 1)
    return measured


def main() -> int:
    """Parse, run, print, write."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", choices=[*SUBJECTS, []], help="which rows; all unless given")
    parser.add_argument("--size", choices=SIZES, default="default")
    parser.add_argument("--rounds", type=int, help="how often each contender runs")
    parser.add_argument("--length", type=int, help="events of the log whose cost is compared along its length")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    size = SIZES[asked.size]
    if asked.rounds:
        size = size._replace(rounds=asked.rounds)
    if asked.length is not None:
        size = size._replace(length=asked.length)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a topic just made has no leader for a moment
    steps, subjects = Steps(), asked.subjects or list(SUBJECTS)
    with stack(steps) as where:
        done = uvloop.run(measure(where, size, subjects, steps))
    report.show(steps.console, done.rows)
    settings = {"size": asked.size, **size._asdict(), "subjects": subjects}
    ran = {"seconds": done.seconds, "failed": done.failed}
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_bytes(report.as_json(done.machine, settings | ran, done.rows))
    steps.say(f"written to {asked.out}, after {sum(done.seconds.values()) / 60:.1f} minutes")
    for subject, why in done.failed.items():
        steps.say(f"{subject} failed: {why[:200]}")
    return 1 if done.failed else 0


if __name__ == "__main__":
    sys.exit(main())
