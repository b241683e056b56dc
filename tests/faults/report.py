"""What a campaign came to, for a person at a terminal and for a machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table
from rich.text import Text

from faults.campaign import Outcome, Result
from faults.kinds import Kind
from faults.verdict import KINDS as FOUND

SHOWN = 12


def line(console: Console, result: Result, planned: int) -> None:
    """One line a fault."""
    said = "ok" if result.clean else "FAILED"
    text = Text(f"{result.number:>4}/{planned}  {result.kind:<20} ")
    text.append(f"{said:<7}", style="green" if result.clean else "bold red")
    text.append(f"{result.acknowledged:>6} acknowledged  recovered in {result.recovered_seconds:5.1f} s")
    text.append(f"  {result.restarts} restarted" if result.restarts else "", style="yellow")
    text.append(f"  {result.by_nature} lost by nature" if result.by_nature else "", style="yellow")
    text.append(f"  {result.note}" if result.note else "", style="dim")
    console.print(text, soft_wrap=True)
    _wrong(console, result)


def table(console: Console, outcome: Outcome, kinds: Mapping[str, Kind]) -> None:
    """The figures by kind, what was not tried, and what it amounts to."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    drawn.add_column("fault", no_wrap=True)
    for heading in (
        "faults",
        "acknowledged",
        "lost",
        "twice",
        "reordered",
        "phantom",
        "digests",
        "recovered s",
        "most s",
    ):
        drawn.add_column(heading, justify="right", no_wrap=True)
    for name in kinds:
        if ours := [each for each in outcome.results if each.kind == name]:
            drawn.add_row(name, *_figures(ours))
    drawn.add_section()
    if outcome.last:
        drawn.add_row("all of it, at the end", *_figures([outcome.last]))
    drawn.add_row("all", *_figures([*outcome.results, *([outcome.last] if outcome.last else [])]), style="bold")
    console.print(drawn)
    if outcome.last:
        _wrong(console, outcome.last)
    for name, why in outcome.untried.items():
        console.print(f"not tried: {name}: {why}", style="yellow", soft_wrap=True, highlight=False)
    _sum(console, outcome)


def _sum(console: Console, outcome: Outcome) -> None:
    struck, nature = len(outcome.results), sum(each.by_nature for each in outcome.results)
    attempts = ", ".join(f"{count:,} {name}" for name, count in sorted(outcome.attempts.items()))
    console.print(
        f"seed {outcome.seed}: {struck} faults in {outcome.seconds / 60:.1f} min; {outcome.acknowledged:,} commands "
        f"and facts acknowledged ({attempts} attempts), {outcome.events:,} events", soft_wrap=True, highlight=False,
    )  # fmt: skip
    console.print(f"lost by nature (accepted, not published, their database replaced): {nature:,}", highlight=False)
    if outcome.clean:
        said = f"all zero; with 95 % confidence fewer than {3 / struck:.2%} of such faults break a law (3 / faults)"
        console.print(said, style="green", soft_wrap=True, highlight=False)
    else:
        console.print("a law is broken, or the campaign did not come to its end: see above", style="bold red")


def _figures(results: list[Result]) -> list[str]:
    counts = {name: sum(each.findings.counts()[name] for each in results) for name in FOUND}
    rebuilt = [each for each in results if each.rebuilt]
    seconds = [each.recovered_seconds for each in results]
    return [
        str(len(results)), f"{sum(each.acknowledged for each in results):,}", *(str(counts[name]) for name in FOUND),
        f"{sum(not each.unequal for each in rebuilt)}/{len(rebuilt)}", f"{median(seconds):.1f}", f"{max(seconds):.1f}",
    ]  # fmt: skip


def _wrong(console: Console, result: Result) -> None:
    said = [f"{name}: {each}" for name in FOUND for each in getattr(result.findings, name)]
    said += [f"unequal: {result.unequal}"] if result.unequal else []
    said += [result.error] if result.error else []
    for text in said[:SHOWN]:
        console.print(f"      {text}", style="red", soft_wrap=True, highlight=False, markup=False)
    if len(said) > SHOWN:
        console.print(f"      and {len(said) - SHOWN} more", style="red")


def write(file: Path, outcome: Outcome) -> None:
    """The same as JSON."""
    said = asdict(outcome) | {"clean": outcome.clean, "bound_95": 3 / len(outcome.results) if outcome.results else None}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(said, indent=1) + "\n")
