"""Imports over HTTP, the same in every service: `router = imports_of(Importing(…))`.

A file is taken in whole, looked at, and only then recorded as started; a worker does the rest (`working`).
"""

import asyncio
import time
from typing import Annotated, Any

from fastapi import Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.responses import FileResponse

from eventlog.meta import Written
from eventlog.position import cut_to_json
from events.fields import Said
from service.context import Read, Write, WriteContext
from service.imports.brought import brought_by
from service.imports.decider import StartImport, key_of_import
from service.imports.importing import Importing
from service.imports.jobs import Job, JobFolder, JobFolders, Undo
from service.imports.limits import Limits
from service.imports.problems import problem_of_refusal
from service.imports.profile import load_profile
from service.imports.profiles_api import add_profiles
from service.imports.refusals import ImportRefused
from service.imports.standing import (
    FINISHED,
    ImportRow,
    ImportView,
    after_of,
    listed,
    standing_of,
    view_of,
)
from service.imports.upload import look_at, named, profile_text, received, require_fitting
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.runtime import Runtime
from service.telemetry import current_traceparent

ImportId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
NEWEST = Keyset("started", descending=True)
POLL_SECONDS = 0.05
LIST = """
select id, file, sha256, profile, size, by, started_on, started, rows, accepted, duplicates, rejected, reason, reversed
from file_import where {after} {order} limit {limit}
"""


class WhyUndone(BaseModel):
    """Why an import is taken back."""

    model_config = ConfigDict(extra="forbid")
    reason: Said


class RowEvent(BaseModel):
    """An event that came from a row."""

    event: str
    type: str
    stream: str
    subject: str
    position: str
    recorded_at: str


class RowEvents(BaseModel):
    """A row of a file and what came of it, reversals included."""

    id: str
    file: str
    row: int
    events: list[RowEvent]


def imports_of(importing: Importing) -> Router:
    """The routes of one service's imports."""
    router = Router("imports")
    undoable = importing.undo is not None

    async def shown(runtime: Runtime, import_id: str) -> ImportView:
        standing = await standing_of(runtime.log, import_id)
        folder = JobFolders(runtime.settings).of(import_id)
        view = await view_of(runtime.log, folder, standing, undoable=undoable)
        if view is None:
            raise Problem("not-found", "There is no such import.", id=import_id)
        return view

    async def answered(write: WriteContext, import_id: str, written: Written | None, wait: bool) -> Response:
        view = await shown(write.runtime, import_id)
        deadline = time.monotonic() + (write.runtime.settings.wait_seconds if wait else 0)
        while view.state not in FINISHED and time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            view = await shown(write.runtime, import_id)
        status = 200 if view.state in FINISHED else 202
        return write.answer(written, view, status=status, location=f"/imports/{import_id}")

    @router.post("/imports", permission="import.run", accepts="application/octet-stream", body_bytes="import_bytes",
                 status=202, answers=ImportView,
                 problems=("unknown-profile", "other-kind", "import-folder-full"))  # fmt: skip
    async def start_import(
        request: Request,
        write: Write,
        asked: Annotated[importing.asks, Query()],  # type: ignore[name-defined]
        import_profile: Annotated[str | None, Header(max_length=24_000, description="a TOML profile, base64")] = None,
        content_disposition: Annotated[str | None, Header(max_length=1000)] = None,
    ) -> Response:
        """Take a file in and import it, or with `dry_run` say what would become of each row."""
        runtime, name = write.runtime, named(asked.name, content_disposition)
        folders = JobFolders(runtime.settings)
        try:
            text = profile_text(importing, asked.profile, import_profile)
            profile = load_profile(text)
            require_fitting(importing, profile, runtime.settings)
            options = await importing.admit(runtime, write.caller, asked)
            with folders.incoming() as folder:
                sha256, size = await received(request, folders, folder)
                limits = Limits(file_bytes=runtime.settings.import_bytes)
                await asyncio.to_thread(look_at, folder.file, name=name, profile=profile, limits=limits)
                job = Job(
                    id=str(write.command()), login=write.caller.login, role=write.caller.role, today=write.today,
                    correlation=write.correlation, traceparent=current_traceparent(), file=name, sha256=sha256,
                    size=size, profile=profile.profile, profile_text=text, options=options,
                    dry_run=bool(options.pop("dry_run", asked.dry_run)),
                )  # fmt: skip
                written = await started(importing, write, folders, folder, job)
        except ImportRefused as refused:
            raise problem_of_refusal(refused) from refused
        return await answered(write, job.id, written, asked.wait)

    @router.get("/imports", permission="import.read", answers=Page[ImportRow])
    async def list_imports(read: Read, page: PageOf) -> Page[ImportRow]:
        """Imports, newest first; dry runs are not among them."""
        query = LIST.format(after=NEWEST.after(page, 1), order=NEWEST.order, limit=page.limit + 1)
        async with read.snapshot() as conn:
            rows = [listed(dict(row)) for row in await conn.fetch(query, *NEWEST.values(page))]
        return page.of(rows, NEWEST, ImportRow)

    @router.get("/imports/{import_id}", permission="import.read", answers=ImportView)
    async def read_import(import_id: ImportId, read: Read) -> ImportView:
        """One import or dry run: its state, progress and figures."""
        return await shown(read.runtime, import_id)

    @router.get("/imports/{import_id}/errors", permission="import.read")
    async def read_errors(import_id: ImportId, read: Read) -> Response:
        """Every rejected row with its reason, as CSV."""
        view = await shown(read.runtime, import_id)
        return csv_file(JobFolders(read.runtime.settings).of(import_id).errors, f"errors of {view.file}.csv")

    @router.get("/imports/{import_id}/preview", permission="import.read")
    async def read_preview(import_id: ImportId, read: Read) -> Response:
        """Every row with its verdict, as CSV; dry runs only."""
        view = await shown(read.runtime, import_id)
        return csv_file(JobFolders(read.runtime.settings).of(import_id).preview, f"preview of {view.file}.csv")

    @router.get("/imports/{import_id}/rows/{row}", permission="import.read", answers=RowEvents)
    async def read_row(import_id: ImportId, row: Annotated[int, Path(ge=1, le=10**8)], read: Read) -> RowEvents:
        """The events that came from one row of the file."""
        log, standing = read.runtime.log, await standing_of(read.runtime.log, import_id)
        if standing.state == "unknown":
            raise Problem("not-found", "There is no such import.", id=import_id)
        over = standing.completed_at if standing.known.reversed is None else None  # reversals come later
        found = brought_by(log, import_id, after=after_of(standing, log.name), until=over, row=row)
        events = [
            RowEvent(
                event=str(each.event), type=each.type, stream=each.stream, subject=each.subject,
                position=str(each.position), recorded_at=each.recorded_at.isoformat(),
            )
            async for each in found
        ]  # fmt: skip
        return RowEvents(id=import_id, file=standing.known.file, row=row, events=events)

    @router.post("/imports/{import_id}/undo", permission="import.undo", status=202, answers=ImportView,
                 problems=("import-running", "undo-not-offered"))  # fmt: skip
    async def undo_import(
        import_id: ImportId, body: WhyUndone, write: Write, wait: Annotated[bool, Query()] = False
    ) -> Response:
        """Take back every event of an import by a reversing one; again: nothing more."""
        if not undoable:
            raise Problem("undo-not-offered", importing.undo_instead)
        view = await shown(write.runtime, import_id)
        if view.dry_run:
            raise Problem("not-found", "A dry run wrote nothing, so there is nothing to undo.", id=import_id)
        if view.state in {"waiting", "running"}:
            raise Problem("import-running", "The import is not finished yet.", id=import_id)
        if view.state in {"completed", "lost"}:
            job = Job(
                id=import_id, login=write.caller.login, role=write.caller.role, today=write.today,
                correlation=write.correlation, traceparent=current_traceparent(), file=view.file, sha256=view.sha256,
            )  # fmt: skip
            folder = JobFolders(write.runtime.settings).of(import_id)
            await asyncio.to_thread(folder.write, "undo", Undo(job=job, reason=body.reason))
        return await answered(write, import_id, None, wait)

    add_profiles(router, importing)
    return router


async def started(
    importing: Importing, write: WriteContext, folders: JobFolders, folder: JobFolder, job: Job
) -> Written | None:
    """Keep the file as the import's and record that it is started; the same request again finds it as it is."""
    runtime = write.runtime
    standing = await standing_of(runtime.log, job.id)
    kept = folders.of(job.id).read("job", Job)
    for known in ((standing.known.sha256, standing.known.profile), (kept.sha256, kept.profile) if kept else ("", "")):
        if known[0] and known != (job.sha256, job.profile):
            raise Problem("idempotency-key-reused")
    if standing.state in {"unknown", "running"} and kept is None:
        await asyncio.to_thread(folders.keep, folder, job)
    if job.dry_run:
        return None
    options = job.options | {"profile_text": job.profile_text, "cut": cut_to_json(await runtime.log.cut())}
    write.content = {"file": job.file, "sha256": job.sha256, "profile": job.profile_text, "options": job.options}
    command = StartImport(file=job.file, sha256=job.sha256, profile=job.profile, size=job.size, options=options)
    return await write.handle(importing.decider, key_of_import(job.id), command)


def csv_file(path: Any, name: str) -> Response:
    """A file of the import's folder; 404 while there is none."""
    if not path.exists():
        raise Problem("not-found", "There is no such file: nothing to say, or not finished, or deleted by now.")
    return FileResponse(
        path, media_type="text/csv; charset=utf-8", filename=name, headers={"Cache-Control": "no-store"}
    )
