"""How an import stands: what its stream says, and beside it what the folder knows of the work."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

from eventlog.log import Log
from eventlog.position import Position, cut_from_json
from events import decode
from service.imports.decider import Import, State, evolve, key_of_import, state_of
from service.imports.jobs import Job, JobFolder, Report
from service.imports.report import Progress
from service.imports.shapes import FINISHED, ImportLinks, ImportView, ProgressView, Shown


class Standing(NamedTuple):
    """An import as its stream says it, with the envelope of its start and of its end."""

    known: Import
    by: str = ""
    started_on: datetime.date | None = None
    started_at: datetime.datetime | None = None
    completed_at: datetime.datetime | None = None

    @property
    def state(self) -> State:
        """Where its stream stands."""
        return self.known.state


async def standing_of(log: Log, import_id: str) -> Standing:
    """Read the stream of an import; `unknown` if there is none."""
    standing = Standing(Import())
    for row in await log.read_stream(f"{key_of_import(import_id)}/import"):
        recorded = decode(row.document)
        known = evolve(standing.known, recorded.event)
        if standing.started_at is None:
            standing = Standing(known, recorded.actor, recorded.businessdate, row.recorded_at)
        else:
            standing = standing._replace(known=known, completed_at=standing.completed_at or row.recorded_at)
    return standing


def after_of(standing: Standing, service: str) -> dict[int, int]:
    """The last sequence of each partition before the import began."""
    return cut_from_json(standing.known.options.get("cut", {})).get(service, {})


def listed(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the projection as the list shows it."""
    return row | {"state": state_of(known=True, rows=row["rows"], reason=row["reason"])}


def shown_state(standing: Standing, folder: JobFolder, *, dry_run: bool) -> Shown:
    """What the stream says, told apart by what the folder has still to do."""
    if (folder.path / "undo").exists() and standing.state in {"running", "completed"}:
        return "undoing"
    begun = (folder.path / "progress").exists()
    if dry_run:
        report = folder.read("report", Report)
        if report is not None and not folder.file.exists():
            return "refused" if report.refused else "previewed"
        return "running" if begun else "waiting"
    match standing.state:
        case "running" if not folder.file.exists():
            return "lost"
        case "running":
            return "running" if begun else "waiting"
        case "completed" | "refused" | "undone" as state:
            return state
        case _:
            return "waiting"


async def view_of(log: Log, folder: JobFolder, standing: Standing, *, undoable: bool) -> ImportView | None:
    """An import as it is shown; None if there is none."""
    job, report = folder.read("job", Job), folder.read("report", Report)
    if standing.state == "unknown" and (job is None or not job.dry_run):
        return None
    dry_run = standing.state == "unknown"
    state, known, own = shown_state(standing, folder, dry_run=dry_run), standing.known, f"/imports/{folder.path.name}"
    figures = report if dry_run and report is not None and not report.refused else known
    progress = folder.read("progress", Progress)
    is_over = state in FINISHED
    return ImportView(
        id=folder.path.name,
        state=state,
        file=job.file if job and dry_run else known.file,
        sha256=job.sha256 if job and dry_run else known.sha256,
        profile=job.profile if job and dry_run else known.profile,
        size=job.size if job and dry_run else known.size,
        options=job.options if job and dry_run else known.options,
        dry_run=dry_run,
        by=job.login if job and dry_run else standing.by,
        started_on=job.today if job and dry_run else standing.started_on,
        started_at=standing.started_at,
        completed_at=standing.completed_at,
        progress=None if is_over or progress is None else ProgressView(**_members(progress)),
        rows=figures.rows if isinstance(figures, Import) else figures.rows - figures.ignored,
        accepted=figures.accepted,
        duplicates=figures.duplicates,
        rejected=figures.rejected,
        ignored=report.ignored if report and is_over else None,
        reasons=report.reasons if report and is_over else None,
        reason=known.reason or (report.refused if report and is_over else None),
        reversed=known.reversed,
        trouble=None if is_over else folder.read("trouble", str),
        positions=[] if dry_run or not is_over else await last_positions(log),
        links=ImportLinks(
            self=own,
            errors=f"{own}/errors" if folder.errors.exists() else None,
            preview=f"{own}/preview" if folder.preview.exists() else None,
            rows=None if dry_run else f"{own}/rows/{{row}}",
            undo=f"{own}/undo" if undoable and standing.state in {"running", "completed"} else None,
        ),
    )


async def last_positions(log: Log) -> list[str]:
    """Positions that, presented, show everything that the log holds now."""
    lineage = await log.pool.fetchval("select lineage from log.lineage")
    return [str(Position(log.name, p, last, lineage)) for p, last in (await log.last()).items() if last]


def _members(progress: Progress) -> dict[str, Any]:
    return {name: getattr(progress, name) for name in Progress.__struct_fields__}
