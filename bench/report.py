"""The table that a person reads and the JSON that a machine keeps."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from bench.measuring import Row
from dealerlog.addresses import Addresses
from dealerlog.installation import CHECKOUT

LIBRARIES = ("aiokafka", "asyncpg", "eventsourcing", "fastapi", "faststream", "msgspec", "pydantic", "uvloop")


def table(rows: list[Row]) -> Table:
    """Ours, its yardstick, the ratio, and whether the aims are met."""
    shown = Table(
        title="Dealerlog against what it is built from",
        caption="Medians of one run, ± half the spread of its rounds. Ratio: ours by the yardstick's. "
        "An aim is of the ratio (×) or of ours.",
    )
    shown.add_column("what", max_width=30)
    shown.add_column("ours", justify="right")
    shown.add_column("yardstick", justify="right")
    shown.add_column("ratio", justify="right")
    shown.add_column("aim", justify="right")
    shown.add_column("against; note", max_width=28, style="dim")
    for row in rows:
        yardstick = _figure(row.yardstick, row.unit) if row.yardstick else ""
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        aims = "\n".join(_aim(row, aim) for aim in row.aims)
        shown.add_row(
            row.name,
            _figure(row.ours, row.unit),
            yardstick,
            ratio,
            aims,
            "; ".join(filter(None, (row.against, row.note))),
        )
    return shown


def _figure(series: Any, unit: str) -> str:
    digits = 0 if series.median >= 100 else 2
    return f"{series.median:,.{digits}f} {unit}\n± {series.spread * 50:.0f} %"


def _aim(row: Row, aim: Any) -> str:
    figure, told = row.figure(aim), f"{aim} {'×' if aim.of == 'ratio' else row.unit}"
    if figure is None:
        return told
    if aim.met(figure):
        return f"[green]✓ {told}[/]"
    factor = aim.value / figure if aim.at_least else figure / aim.value
    return f"[red]✗ {told}[/]\nmissed {factor:.1f} ×"


async def machine(where: Addresses) -> dict[str, Any]:
    """What the figures were taken on: processor, memory, versions, commit, load."""
    connection = await asyncpg.connect(where.admin_url)
    postgres = await connection.fetchval("show server_version")
    await connection.close()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cores": psutil.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_before": round(psutil.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgres": postgres,
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def as_json(machine_: dict[str, Any], settings: dict[str, Any], rows: list[Row]) -> bytes:
    """Everything of a run, with every round's value."""
    said = [
        {**msgspec.to_builtins(row), "median": row.ours.median, "ratio": row.ratio,
         "met": {f"{aim.of} {aim}": aim.met(figure) for aim in row.aims if (figure := row.figure(aim)) is not None}}
        for row in rows
    ]  # fmt: skip
    return msgspec.json.format(msgspec.json.encode({"machine": machine_, "settings": settings, "rows": said}), indent=2)


def show(console: Console, rows: list[Row]) -> None:
    """Print the table as wide as it needs to be."""
    console.print(table(rows))


def _commit() -> str:
    """The commit of this checkout, with a mark if something is not committed."""
    try:
        found = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=CHECKOUT, capture_output=True, text=True)
        return found.stdout.strip() or "unknown"
    except OSError:
        return "unknown"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor()
    names = [
        line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
    ]
    return names[0] if names else platform.machine()
