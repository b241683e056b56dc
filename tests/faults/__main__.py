"""`python -m faults`: run a campaign; the exit status is 0 only if everything that must be zero is zero."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.steps import console_of_ours
from faults import report
from faults.campaign import campaign
from faults.kinds import Kind
from faults.kinds.all import KINDS
from faults.schedule import Planned, schedule

OUTSIDE = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL")


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, print, write."""
    asked = _parser().parse_args(arguments)
    chosen = _chosen(asked.kinds)
    for variable in OUTSIDE:  # never somebody's cluster
        os.environ.pop(variable, None)
    console = console_of_ours()
    folder = Installation.named(f"faults-{os.getpid()}").folder
    folder.mkdir(parents=True)

    def plan(untried: dict[str, str]) -> list[Planned]:
        able = {name: kind for name, kind in chosen.items() if name not in untried}
        return schedule(asked.seed, asked.faults, able)

    console.print(f"{asked.faults} faults of {len(chosen)} kinds, seed {asked.seed}; the first in about 30 s")
    try:
        outcome = campaign(asked.seed, chosen, plan, folder, lambda *said: report.line(console, *said))
    except KeyboardInterrupt:
        console.print("stopped", style="yellow")
        return 130
    except Problem as problem:
        console.print(str(problem), style="red", soft_wrap=True)
        return 1
    finally:
        if asked.keep:
            shutil.copytree(folder, asked.keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("data"))
        shutil.rmtree(folder, ignore_errors=True)
    if not outcome.results:
        console.print("no fault was judged", style="yellow")
        return 1
    report.table(console, outcome, chosen)
    report.write(asked.json, outcome)
    console.print(f"the same as JSON: {asked.json}", highlight=False, soft_wrap=True)
    return 0 if outcome.clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="kinds:\n" + "\n".join(f"  {name:<20} {kind.says}" for name, kind in KINDS.items()),
    )  # fmt: skip
    parser.add_argument("--faults", type=int, default=60, help="how many strike")
    parser.add_argument("--seed", type=int, default=1, help="repeats a schedule")
    parser.add_argument("--kinds", default="", help="only these, separated by commas")
    parser.add_argument("--json", type=Path, default=Path(".local/faults.json"), help="where the figures are written")
    parser.add_argument("--keep", type=Path, help="where logs and the ledger are copied to at the end")
    return parser


def _chosen(text: str) -> dict[str, Kind]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := sorted(set(names) - KINDS.keys()):
        sys.exit(f"no such kind: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return {name: KINDS[name] for name in names or KINDS}


if __name__ == "__main__":
    sys.exit(main())
