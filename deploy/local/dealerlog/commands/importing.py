"""`import`, `imports`, `undo`: a file of sales or invoices into the service that takes them, and out again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dealerlog import importing
from dealerlog.client import Api
from dealerlog.commands.stack import Name
from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.running import existing_fleet
from dealerlog.steps import Steps, console_of_ours

REJECTED = 3
"""The exit status of an import that went through with rows rejected."""
FIRST_ROWS = 5

File = Annotated[Path, typer.Argument(help="A CSV, XLSX or Parquet file of up to 512 MiB.")]
Profile = Annotated[str, typer.Option("--profile", metavar="NAME|FILE.toml", help="Which columns mean what: a shipped "
                                      "profile such as online-retail-2009-10, or one's own.")]  # fmt: skip
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would come of it and record nothing.")]
Errors = Annotated[Path | None, typer.Option("--errors", help="Where rejected rows go; FILE.errors.csv if not given.")]
Onboard = Annotated[bool, typer.Option("--onboard", help="Onboard the dealers that it names and nobody knows yet.")]
Territory = Annotated[str | None, typer.Option("--territory", help="With --onboard: the territory they belong to.")]
Approver = Annotated[str | None, typer.Option("--approver", help="With --onboard: who approves them.")]
Reviewer = Annotated[str, typer.Option("--reviewer", help="With --onboard: who reviewed them.")]
Import = Annotated[str, typer.Argument(metavar="IMPORT", help="Its id, as `dealerlog imports` lists it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
Most = Annotated[int, typer.Option("--most", min=1, help="How many of each service, newest first.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("import")(import_file)
    app.command()(imports)
    app.command()(undo)


def import_file(
    file: File, profile: Profile, dry_run: DryRun = False, errors: Errors = None, onboard: Onboard = False,
    territory: Territory = None, approver: Approver = None, reviewer: Reviewer = "importer-review",
    name: Name = "default",
) -> None:  # fmt: skip
    """Import a file. Rows that are there already, in whatever order or format, change nothing.

    The exit status is 0 if every row was accepted or is there already, 3 if rows were rejected.
    """
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    if onboard and not (territory and approver):
        raise Problem("--onboard needs --territory and --approver: dealers join somewhere, and somebody answers for it")
    where = importing.Onboarding(territory or "", approver or "", reviewer) if onboard and not dry_run else None
    to = errors or file.with_name(f"{file.name}.errors.csv")
    report = asyncio.run(_import(file, profile, dry_run, where, to, name))
    if not dry_run:
        typer.echo(f"  import {report['id']}; take it back with: dealerlog undo {report['id']}")
    elif report["links"]["preview"]:
        place = f"GET {report['links']['preview']} of {report['service']}"
        typer.echo(f"  nothing recorded; every row with its verdict: {place}")
    if not report["rejected"]:
        return
    for code, rows in (report.get("reasons") or {}).items():
        typer.echo(f"  {code}: {rows:,} rows rejected")
    if dry_run:
        for line in importing.first_refused(to, FIRST_ROWS):
            typer.echo(f"  {line}")
    typer.echo(f"{report['rejected']:,} of {report['rows']:,} rows rejected, each with its reason in {to}", err=True)
    raise typer.Exit(REJECTED)


def imports(most: Most = 20, name: Name = "default") -> None:
    """List the imports of every service with their state, newest first; dry runs are not among them."""
    found = asyncio.run(_imports(name, most))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("import", "service", "file", "state", "on"):
        table.add_column(heading, no_wrap=True)
    for heading in ("accepted", "duplicates", "rejected", "taken back"):
        table.add_column(heading, justify="right")
    for each in found:
        figures = [each[figure] for figure in ("accepted", "duplicates", "rejected", "reversed")]
        state = "undone" if each["reversed"] is not None else each["state"]
        cells = [each["id"], each["service"], each["file"], state, each["started_on"]]
        table.add_row(*cells, *("–" if figure is None else f"{figure:,}" for figure in figures))
    console_of_ours().print(table if found else "no file was imported yet")


def undo(import_id: Import, reason: Reason = "taken back on the command line", name: Name = "default") -> None:
    """Take back every fact that an import brought, by reversing events; the file may come again afterwards."""
    asyncio.run(_undo(import_id, reason, name))


async def _import(
    file: Path, profile: str, dry_run: bool, onboarding: importing.Onboarding | None, errors: Path, name: str
) -> dict[str, Any]:
    known = importing.profile_named(profile)
    service = importing.SERVICE_OF[known.profile.kind]
    fleet, steps = await existing_fleet(Installation.named(name)), Steps()
    if known.profile.currency != fleet.currency:
        raise Problem(f"{profile} is of {known.profile.currency}, installation {name!r} of {fleet.currency}: start one "
                      f"with `dealerlog run --empty --currency {known.profile.currency} --name …`")  # fmt: skip
    async with Api(fleet) as api:
        if onboarding is not None:
            with steps.step("dealers", file.name) as step:
                done = await importing.onboard(api, file, known, onboarding, tell=step.tell)
                step.note = f"{done.accepted:,} onboarded; {done.duplicates:,} rows name one that is known"
        with steps.step("dry run" if dry_run else "import", file.name) as step:
            report = await importing.send(api, file, known, dry_run=dry_run, tell=step.tell)
            step.note = f"{file.name}: {importing.progress_text(report)}"
        if report["rejected"]:
            await importing.save_errors(api, service, report, errors)
    return report | {"service": service}


async def _imports(name: str, most: int) -> list[dict[str, Any]]:
    async with Api(await existing_fleet(Installation.named(name))) as api:
        return await importing.listed(api, most)


async def _undo(import_id: str, reason: str, name: str) -> None:
    fleet, steps = await existing_fleet(Installation.named(name)), Steps()
    async with Api(fleet) as api:
        with steps.step("undo", import_id) as step:
            done = await importing.undo(api, import_id, reason, tell=step.tell)
            step.note = f"{done['file']}: {done['reversed'] or 0:,} facts taken back"
