"""Reading imports over HTTP: the list, one of them, its error file and preview, and from a row to its events."""

from pathlib import Path as File
from typing import Annotated

from fastapi import Path, Response
from starlette.responses import FileResponse

from service.context import Read
from service.imports.brought import brought_by
from service.imports.importing import Importing
from service.imports.jobs import JobFolders
from service.imports.shapes import ImportRow, ImportView, RowEvent, RowEvents
from service.imports.standing import after_of, listed, standing_of, view_of
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.runtime import Runtime

ImportId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
RowNumber = Annotated[int, Path(ge=1, le=10**8)]
NEWEST = Keyset("started", descending=True)
LIST = """
select id, file, sha256, profile, size, by, started_on, started, rows, accepted, duplicates, rejected, reason, reversed
from file_import where file is not null and {after} {order} limit {limit}
"""


async def shown(importing: Importing, runtime: Runtime, import_id: str) -> ImportView:
    """An import or dry run as it stands now; 404 if there is none.

    The worker records an end and only then empties the folder: looked at between two readings of the stream that
    agree, the two belong together.
    """
    folder = JobFolders(runtime.settings).of(import_id)
    standing, before = await standing_of(runtime.log, import_id), None
    while before is None or before.state != standing.state:
        view = await view_of(runtime.log, folder, standing, undoable=importing.undo is not None)
        before, standing = standing, await standing_of(runtime.log, import_id)
    if view is None:
        raise Problem("not-found", "There is no such import.", id=import_id)
    return view


def add_reading(router: Router, importing: Importing) -> None:
    """The routes that only look."""

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
        return await shown(importing, read.runtime, import_id)

    @router.get("/imports/{import_id}/errors", permission="import.read", gives=("text/csv",))
    async def read_errors(import_id: ImportId, read: Read) -> Response:
        """Every rejected row with its reason, as CSV."""
        view = await shown(importing, read.runtime, import_id)
        return csv_file(JobFolders(read.runtime.settings).of(import_id).errors, f"errors of {view.file}.csv")

    @router.get("/imports/{import_id}/preview", permission="import.read", gives=("text/csv",))
    async def read_preview(import_id: ImportId, read: Read) -> Response:
        """Every row with its verdict, as CSV; dry runs only."""
        view = await shown(importing, read.runtime, import_id)
        return csv_file(JobFolders(read.runtime.settings).of(import_id).preview, f"preview of {view.file}.csv")

    @router.get("/imports/{import_id}/rows/{row}", permission="import.read", answers=RowEvents)
    async def read_row(import_id: ImportId, row: RowNumber, read: Read) -> RowEvents:
        """The events that came from one row of the file."""
        return await events_of_row(read.runtime, import_id, row)


async def events_of_row(runtime: Runtime, import_id: str, row: int) -> RowEvents:
    """What came of a row; reversals, which come after the end, included."""
    log, standing = runtime.log, await standing_of(runtime.log, import_id)
    if standing.state == "unknown":
        raise Problem("not-found", "There is no such import.", id=import_id)
    over = standing.completed_at if standing.known.reversed is None else None
    found = brought_by(log, import_id, after=after_of(standing, log.name), until=over, row=row)
    events = [
        RowEvent(
            event=each.event, type=each.type, stream=each.stream, subject=each.subject, position=str(each.position),
            recorded_at=each.recorded_at,
        )
        async for each in found
    ]  # fmt: skip
    return RowEvents(id=import_id, file=standing.known.file, row=row, events=events)


def csv_file(path: File, name: str) -> Response:
    """A file of the import's folder; 404 while there is none."""
    if not path.exists():
        raise Problem("not-found", "There is no such file: nothing to say, or not finished, or deleted by now.")
    return FileResponse(
        path, media_type="text/csv; charset=utf-8", filename=name, headers={"Cache-Control": "no-store"}
    )
