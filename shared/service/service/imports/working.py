"""The worker of imports: takes what waits, does it, and after whatever stopped it does it again to the same end.

Doing an import again is harmless because every row is known by its identity; rows that an earlier attempt brought in
are recognised by the events that bear this import's id, so that they count as accepted and not as duplicates.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from typing import Any

import structlog

from eventlog.meta import Meta
from events.ids import command_id, request_hash
from service.caller import Caller
from service.failures import problem_of
from service.health import Heart
from service.imports.brought import brought_by, counting, rows_brought
from service.imports.decider import REFUSED, CompleteImport, UndoImport, key_of_import
from service.imports.engine import run_import
from service.imports.importing import Importing, Running
from service.imports.jobs import Job, JobFolder, JobFolders, Report, Undo
from service.imports.limits import Limits
from service.imports.profile import load_profile
from service.imports.records import MappedRecord
from service.imports.refusals import ImportRefused
from service.imports.report import RowVerdict, Sink
from service.imports.standing import after_of, standing_of
from service.lifecycle import Loop
from service.permissions import ROLES
from service.runtime import Runtime

POLL_SECONDS = 0.25
RETRY_SECONDS = 5.0
STALE_SECONDS = 600.0
ORPHAN_SECONDS = 600.0
"""A file whose start was never recorded belongs to a request that failed; it is deleted after this time."""
logger = structlog.get_logger("imports")


class ImportWorker:
    """Does the imports of one service, one at a time; several workers on one folder never do the same one at once."""

    def __init__(self, importing: Importing, runtime: Runtime) -> None:
        self.importing, self.runtime = importing, runtime
        self.folders = JobFolders(runtime.settings)
        self._not_before: dict[str, float] = {}
        self._writing: set[asyncio.Task[list[RowVerdict]]] = set()

    async def work(self) -> int:
        """Do everything that waits now; answers how many came to their end."""
        done = 0
        for folder in await asyncio.to_thread(self.folders.waiting):
            if time.monotonic() < self._not_before.get(folder.path.name, 0.0) or not folder.path.exists():
                continue
            with folder.taken() as ours:
                if ours and folder.is_pending:  # another worker may have done it since it was listed
                    done += await self._attempt(folder)
        return done

    async def _attempt(self, folder: JobFolder) -> bool:
        try:
            is_done = await self._do(folder)
        except Exception as error:  # whatever it was: nothing is half-done, and the same again finishes the rest
            problem = problem_of(error)
            said = f"{problem.code}: {problem.detail or type(error).__name__}"
            logger.warning("import waits", id=folder.path.name, why=said)
            folder.write("trouble", said)
            self._not_before[folder.path.name] = time.monotonic() + RETRY_SECONDS
            return False
        folder.drop("trouble")
        self._not_before.pop(folder.path.name, None)
        return is_done

    async def _do(self, folder: JobFolder) -> bool:
        """Whether it came to its end."""
        if (undo := folder.read("undo", Undo)) is not None:
            await self._undo(folder, undo)
            return True
        job = folder.read("job", Job)
        if job is None:
            return False
        if job.dry_run:
            await self._read(folder, job, after={})
            folder.drop("file", "progress")
            return True
        standing = await standing_of(self.runtime.log, job.id)
        match standing.state:
            case "unknown" if time.time() - folder.file.stat().st_mtime > ORPHAN_SECONDS:
                shutil.rmtree(folder.path, ignore_errors=True)
                return False
            case "unknown":
                return False  # its request is about to record the start
            case "running":
                await self._run(folder, job, after=after_of(standing, self.runtime.name))
        folder.drop("file", "progress")
        return True

    async def _run(self, folder: JobFolder, job: Job, *, after: dict[int, int]) -> None:
        report = await self._read(folder, job, after=after)
        command: CompleteImport | UndoImport
        if report.refused is not None:
            command = UndoImport(reason=f"{REFUSED}{report.refused}"[:2000], reversed=0)
        else:
            command = CompleteImport(
                rows=report.rows - report.ignored,
                accepted=report.accepted,
                duplicates=report.duplicates,
                rejected=report.rejected,
            )
        await self._record(job, command, "completed")
        logger.info("import finished", id=job.id, file=job.file, rows=report.rows, accepted=report.accepted)

    async def _read(self, folder: JobFolder, job: Job, *, after: dict[int, int]) -> Report:
        """Read the file to its end; what is wrong with the whole of it is in the report."""
        for left in folder.path.glob("import-*"):  # the spools of an attempt that was killed
            shutil.rmtree(left, ignore_errors=True)
        settings, profile = self.runtime.settings, load_profile(job.profile_text)
        running = self._running(job, folder, profile=profile)
        try:
            sink = await self.importing.sink(running)
            if not job.dry_run:
                await self._all_written()
                known = await rows_brought(self.runtime.log, job.id, after=after)
                sink = self._whole(counting(sink, known))
            done = await run_import(
                folder.file, profile, sink, spool_dir=folder.path, dry_run=job.dry_run, progress=folder.tell,
                name=job.file, today=job.today, currency=settings.currency,
                limits=Limits(file_bytes=settings.import_bytes),
            )  # fmt: skip
            report = Report.of(done)
        except ImportRefused as refused:
            report = Report(refused=f"{refused.code}: {refused.detail}")
        folder.write("report", report)
        return report

    async def _undo(self, folder: JobFolder, undo: Undo) -> None:
        """Take back what the import brought in; ends the import also where its file was lost."""
        job, log = undo.job, self.runtime.log
        standing = await standing_of(log, job.id)
        if standing.state in {"running", "completed"} and self.importing.undo is not None:
            await self.importing.undo(self._running(job, folder), undo.reason)
            reversal = self.importing.reversal.event_type.name if self.importing.reversal else ""
            found = brought_by(log, job.id, after=after_of(standing, log.name), until=standing.completed_at)
            events = [1 async for each in found if each.type != reversal]
            await self._record(job, UndoImport(reason=undo.reason, reversed=len(events)), "undone")
        folder.drop("undo", "file", "progress")

    def _whole(self, sink: Sink) -> Sink:
        """The same sink, but a slice that is being written is never cancelled half-way (architecture 2)."""

        async def written(records: list[MappedRecord]) -> list[RowVerdict]:
            task = asyncio.ensure_future(sink(records))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
            return await asyncio.shield(task)

        return written

    async def _all_written(self) -> None:
        """Wait for what an earlier attempt still writes, so that no row of it is taken for somebody else's.

        A process that was killed may leave a call in the database, which commits later: a cut waits for those too.
        """
        await self.settle()
        await self.runtime.log.cut()

    async def settle(self) -> None:
        """Wait for the slices that are being written."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    def _running(self, job: Job, folder: JobFolder, **known: Any) -> Running:
        return Running(
            runtime=self.runtime, import_id=job.id, caller=Caller(job.login, job.role, ROLES[job.role], None),
            today=job.today, correlation=job.correlation, traceparent=job.traceparent, file=job.file,
            path=folder.file, options=job.options, dry_run=job.dry_run, **known,
        )  # fmt: skip

    async def _record(self, job: Job, command: CompleteImport | UndoImport, step: str) -> None:
        identity = command_id(self.runtime.name, "import", job.id, step)
        meta = Meta(
            actor=job.login,
            business_date=job.today,
            command_id=identity,
            request_hash=request_hash({"import": job.id, "step": step}),
            correlation=job.correlation,
            traceparent=job.traceparent,
        )
        await self.runtime.log.handle(self.importing.decider, key_of_import(job.id), command, meta)


def import_loop(importing: Importing, runtime: Runtime) -> Loop:
    """The loop that does the imports of a service."""
    worker = ImportWorker(importing, runtime)

    async def run(heart: Heart, stopping: asyncio.Event) -> None:
        asked = asyncio.create_task(stopping.wait())
        while not stopping.is_set():
            task = asyncio.create_task(worker.work())
            try:
                while not task.done() and not stopping.is_set():
                    heart.beat()
                    await asyncio.wait({task, asked}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            finally:
                task.cancel()  # a file that is half read is read again by the next process
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                await worker.settle()
            heart.beat()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), POLL_SECONDS)
        asked.cancel()

    return Loop(name="imports", role="worker", run=run, stale_seconds=STALE_SECONDS)
