"""Imports over HTTP, the same in every service: `router = imports_of(Importing(…))`.

A file is taken in whole, looked at, and only then recorded as started; a worker does the rest (`working`).
"""

import asyncio
import time
from typing import Annotated

from fastapi import Header, Query, Request, Response

from eventlog.meta import Written
from eventlog.position import cut_to_json
from service.context import Write, WriteContext
from service.imports.decider import StartImport, key_of_import
from service.imports.importing import Asked, Importing
from service.imports.jobs import Job, JobFolder, JobFolders, Undo
from service.imports.limits import Limits
from service.imports.problems import problem_of_refusal
from service.imports.profile import load_profile
from service.imports.profiles_api import add_profiles
from service.imports.reading_api import ImportId, add_reading, shown
from service.imports.refusals import ImportRefused
from service.imports.shapes import FINISHED, ImportView, WhyUndone
from service.imports.standing import standing_of
from service.imports.upload import look_at, named, profile_text, received, require_fitting
from service.problems import Problem
from service.routing import Router
from service.telemetry import current_traceparent

POLL_SECONDS = 0.05
Carried = Annotated[str | None, Header(alias="Import-Profile", max_length=24_000, description="a profile, in base64")]
Disposition = Annotated[str | None, Header(alias="Content-Disposition", max_length=1000)]


def imports_of(importing: Importing) -> Router:
    """The routes of one service's imports."""
    router = Router("imports")

    @router.post("/imports", permission="import.run", accepts="application/octet-stream", body_bytes="import_bytes",
                 status=202, answers=ImportView,
                 problems=("unknown-profile", "other-kind", "import-folder-full"))  # fmt: skip
    async def start_import(
        request: Request,
        write: Write,
        asked: Annotated[importing.asks, Query()],  # type: ignore[name-defined]
        carried: Carried = None,
        disposition: Disposition = None,
    ) -> Response:
        """Take a file in and import it, or with `dry_run` say what would become of each row."""
        try:
            text = profile_text(importing, asked.profile, carried)
            job, written = await taken_in(
                importing, write, request, asked, file=named(asked.name, disposition), text=text
            )
        except ImportRefused as refused:
            raise problem_of_refusal(refused) from refused
        return await answered(importing, write, job.id, written, wait=asked.wait)

    @router.post("/imports/{import_id}/undo", permission="import.undo", status=202, answers=ImportView,
                 problems=("import-running", "undo-not-offered"))  # fmt: skip
    async def undo_import(
        import_id: ImportId, body: WhyUndone, write: Write, wait: Annotated[bool, Query()] = False
    ) -> Response:
        """Take back every event of an import by a reversing one; again: nothing more."""
        await ask_undo(importing, write, import_id, body.reason)
        return await answered(importing, write, import_id, None, wait=wait)

    add_reading(router, importing)
    add_profiles(router, importing)
    return router


async def taken_in(
    importing: Importing, write: WriteContext, request: Request, asked: Asked, *, file: str, text: str
) -> tuple[Job, Written | None]:
    """Receive a file and begin its import; whatever is wrong with it is refused here, before anything is recorded."""
    runtime, profile = write.runtime, load_profile(text)
    require_fitting(importing, profile, runtime.settings)
    options = await importing.admit(runtime, write.caller, asked)
    folders, limits = JobFolders(runtime.settings), Limits(file_bytes=runtime.settings.import_bytes)
    with folders.incoming() as folder:
        sha256, size = await received(request, folders, folder)
        await asyncio.to_thread(look_at, folder.file, name=file, profile=profile, limits=limits)
        job = Job(
            id=str(write.command()), login=write.caller.login, role=write.caller.role, today=write.today,
            correlation=write.correlation, traceparent=current_traceparent(), file=file, sha256=sha256, size=size,
            profile=profile.profile, profile_text=text, dry_run=bool(options.pop("dry_run", asked.dry_run)),
            options=options,
        )  # fmt: skip
        return job, await started(importing, write, folders, folder, job)


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


async def ask_undo(importing: Importing, write: WriteContext, import_id: str, reason: str) -> None:
    """Leave the wish to the worker, unless it is fulfilled already."""
    if importing.undo is None:
        raise Problem("undo-not-offered", importing.undo_instead)
    view = await shown(importing, write.runtime, import_id)
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
        await asyncio.to_thread(folder.write, "undo", Undo(job=job, reason=reason))


async def answered(
    importing: Importing, write: WriteContext, import_id: str, written: Written | None, *, wait: bool
) -> Response:
    """How the import stands: 200 once it is finished, else 202; `wait` gives it WAIT_SECONDS."""
    view = await shown(importing, write.runtime, import_id)
    deadline = time.monotonic() + (write.runtime.settings.wait_seconds if wait else 0)
    while view.state not in FINISHED and time.monotonic() < deadline:
        await asyncio.sleep(POLL_SECONDS)
        view = await shown(importing, write.runtime, import_id)
    status = 200 if view.state in FINISHED else 202
    return write.answer(written, view, status=status, location=f"/imports/{import_id}")
