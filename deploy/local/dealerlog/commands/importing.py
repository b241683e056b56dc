"""`import`: a file of sales or invoices into the service that takes them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from dealerlog import importing
from dealerlog.client import Api
from dealerlog.commands.stack import Name
from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.running import existing_fleet
from dealerlog.steps import Steps

File = Annotated[Path, typer.Argument(help="A CSV, XLSX or Parquet file of up to 512 MiB.")]
Profile = Annotated[str, typer.Option("--profile", help="Which columns mean what, such as online-retail-2009-10.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would come of it and record nothing.")]
Onboard = Annotated[bool, typer.Option("--onboard", help="Onboard the dealers that it names and nobody knows yet.")]
Territory = Annotated[str | None, typer.Option("--territory", help="With --onboard: the territory they belong to.")]
Approver = Annotated[str | None, typer.Option("--approver", help="With --onboard: who approves them.")]
Reviewer = Annotated[str, typer.Option("--reviewer", help="With --onboard: who reviewed them.")]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("import")(import_file)


def import_file(
    file: File, profile: Profile, dry_run: DryRun = False, onboard: Onboard = False, territory: Territory = None,
    approver: Approver = None, reviewer: Reviewer = "importer-review", name: Name = "default",
) -> None:  # fmt: skip
    """Import a file. The same file again, or its rows in another order or format, changes nothing."""
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    if onboard and not (territory and approver):
        raise Problem("--onboard needs --territory and --approver: dealers join somewhere, and somebody answers for it")
    where = importing.Onboarding(territory or "", approver or "", reviewer) if onboard and not dry_run else None
    report = asyncio.run(_import(file, profile, dry_run, where, name))
    for code, rows in (report.get("reasons") or {}).items():
        typer.echo(f"  {code}: {rows:,} rows rejected")
    if report["rejected"]:
        place = f"GET {report['links']['errors']} of the {report['service']} API"
        typer.echo(f"  every rejected row with its reason: {place}")


async def _import(
    file: Path, profile: str, dry_run: bool, onboarding: importing.Onboarding | None, name: str
) -> dict[str, Any]:
    fleet, steps, known = await existing_fleet(Installation.named(name)), Steps(), importing.profile_named(profile)
    async with Api(fleet) as api:
        if onboarding is not None:
            with steps.step("dealers", file.name) as step:
                done = await importing.onboard(api, file, known, onboarding, tell=step.tell)
                step.note = f"{done.accepted:,} onboarded; {done.duplicates:,} rows name one that is known"
        with steps.step("dry run" if dry_run else "import", file.name) as step:
            report = await importing.send(api, file, known, dry_run=dry_run, tell=step.tell)
            step.note = f"{file.name}: {importing.progress_text(report)}"
    return report | {"service": importing.SERVICE_OF[known.kind]}
