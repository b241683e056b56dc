"""`python -m bench [ROW …]`: print one table, write it as JSON. SIZE=small, default or large; ROUNDS=…"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

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


async def measure(
    where: Addresses, size: Size, subjects: list[str], steps: Steps
) -> tuple[dict[str, object], list[Row]]:
    """Every row of these subjects, one subject after the other."""
    machine = await report.machine(where)
    rows: list[Row] = []
    for subject in subjects:
        with steps.step(subject) as step:
            async for row in SUBJECTS[subject](where, size):
                rows.append(row)
                step.tell(row.name)
            step.note = "measured"
    return machine, rows


def main() -> int:
    """Parse, run, print, write."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", choices=[*SUBJECTS, []], help="which rows; all unless given")
    parser.add_argument("--size", choices=SIZES, default="default")
    parser.add_argument("--rounds", type=int, help="how often each contender runs")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    size = SIZES[asked.size]
    if asked.rounds:
        size = size._replace(rounds=asked.rounds)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a topic just made has no leader for a moment
    steps, subjects = Steps(), asked.subjects or list(SUBJECTS)
    with stack(steps) as where:
        machine, rows = uvloop.run(measure(where, size, subjects, steps))
    report.show(steps.console, rows)
    settings = {"size": asked.size, **size._asdict(), "subjects": subjects}
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_bytes(report.as_json(machine, settings, rows))
    steps.say(f"written to {asked.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
