"""One import from file to verdicts, in two passes and bounded memory.

Pass 1 reads and maps every row and spools the records by document; a file that is refused is refused here, before
anything was handed on. Pass 2 counts equal lines and feeds the sink. Everything is repeatable because the sink is.
"""

import asyncio
import datetime
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from service.imports.error_file import copied, write_error_file, write_preview
from service.imports.limits import Limits
from service.imports.mapping import Mapper
from service.imports.profile import Profile
from service.imports.readers import open_table, sha256_of
from service.imports.records import MappedRecord
from service.imports.refusals import ImportRefused, RowError, RowIgnored
from service.imports.report import ImportReport, Progress, RowVerdict, Sink, Stage
from service.imports.spool import Spools, slices_of
from service.imports.tables import Slice, Table
from service.imports.verdicts import Verdicts

SLICE_RECORDS = 2_000
IN_FLIGHT = 4


async def run_import(
    path: Path,
    profile: Profile,
    sink: Sink | None,
    *,
    spool_dir: Path,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    name: str | None = None,
    today: datetime.date | None = None,
    currency: str | None = None,
    limits: Limits | None = None,
    slice_records: int = SLICE_RECORDS,
    in_flight: int = IN_FLIGHT,
) -> ImportReport:
    """Import one file.

    Parameters
    ----------
    path, name
        The file, and the name it was sent under where it lies under another.
    sink
        Records of one slice → a verdict each. In a dry run it must write nothing (hand in the service's preview) and
        may be None: then every row that maps counts as accepted.
    spool_dir
        Takes the temporary spools (about 1.5 × the file; removed at the end), `errors.csv`, and `preview.csv`.
    today
        The business date: a fact after the day that follows it is rejected. None leaves that to the sink.
    currency
        The installation's; a profile in another currency is refused.

    Raises ImportRefused for a file or profile that cannot be used (nothing was handed to the sink), and whatever the
    sink raises (what it accepted stays accepted; the same import again finishes the rest).
    """
    if currency is not None and currency != profile.currency:
        raise ImportRefused("other-currency", f"The profile is in {profile.currency}, this installation in {currency}.")
    run = _Run(path, profile, limits=limits or Limits(), name=name, today=today, progress=progress)
    with tempfile.TemporaryDirectory(prefix="import-", dir=spool_dir) as folder:
        await run.read(Path(folder))
        await run.record(sink, slice_records=slice_records, in_flight=in_flight)
        return await run.report(spool_dir, dry_run=dry_run)


def first_of(faults: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first fault itself: the caller of an import knows the sink's errors, not that slices run side by side."""
    fault: BaseException = faults
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault


class _Run:
    """The state of one import between its three steps: read, record, report."""

    def __init__(
        self,
        path: Path,
        profile: Profile,
        *,
        limits: Limits,
        name: str | None,
        today: datetime.date | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._path, self._profile, self._limits = path, profile, limits
        self._name = name or path.name
        self._latest = None if today is None else today + datetime.timedelta(days=1)
        self._progress = progress
        self._verdicts = Verdicts()
        self._table: Table
        self._spools: Spools
        self._again: Iterable[Slice]

    async def read(self, folder: Path) -> None:
        """Pass 1: every row becomes a spooled record or a verdict."""
        self._table = await asyncio.to_thread(self._open)
        mapper = Mapper(self._profile, self._table.columns, latest=self._latest)
        self._spools = Spools(folder, kind=self._profile.kind, limits=self._limits)
        slices, self._again = copied(self._table, folder)
        try:
            while (part := await asyncio.to_thread(self._read_slice, slices, mapper)) is not None:
                self._tell("reading", part.done, self._table.total, self._table.unit)
        finally:
            self._spools.close()

    def _open(self) -> Table:
        profile = self._profile
        return open_table(
            self._path,
            name=self._name,
            encoding=profile.encoding,
            delimiter=profile.delimiter,
            sheet=profile.sheet,
            limits=self._limits,
        )

    def _read_slice(self, slices: Iterator[Slice], mapper: Mapper) -> Slice | None:
        part = next(slices, None)
        if part is None:
            return None
        verdicts, keep = self._verdicts, self._spools.add
        verdicts.expect(part.numbers)
        for row, mapped in zip(part.numbers, mapper.map_slice(part), strict=True):
            match mapped:
                case RowError():
                    verdicts.decide(row, "rejected", mapped.code, mapped.reason)
                case RowIgnored():
                    verdicts.decide(row, "ignored", "ignored", mapped.reason)
                case _:
                    keep(mapped)
        return part

    async def record(self, sink: Sink | None, *, slice_records: int, in_flight: int) -> None:
        """Pass 2: feed the sink, `in_flight` slices at a time; the first fault stops all."""
        room = asyncio.Semaphore(in_flight)
        spools = iter(self._spools)
        try:
            async with asyncio.TaskGroup() as group:
                while (records := await asyncio.to_thread(next, spools, None)) is not None:
                    for part in slices_of(records, size=slice_records):
                        await room.acquire()
                        group.create_task(self._feed(sink, part, room))
        except ExceptionGroup as faults:  # not `except*`: Python 3.11.2 wraps again what is raised in one
            raise first_of(faults) from None
        if self._verdicts.waiting:
            raise ValueError(f"{self._verdicts.waiting} rows were read and never handed on")

    async def _feed(self, sink: Sink | None, part: list[MappedRecord], room: asyncio.Semaphore) -> None:
        try:
            if sink is None:
                judged = [RowVerdict(record.row, "accepted") for record in part]
            else:
                judged = await sink(part)
            self._verdicts.decide_slice({record.row for record in part}, judged)
            self._tell("recording", self._verdicts.rows - self._verdicts.waiting, self._verdicts.rows, "rows")
        finally:
            room.release()

    async def report(self, spool_dir: Path, *, dry_run: bool) -> ImportReport:
        """Write the error file and, in a dry run, the preview; count everything once."""
        verdicts, rejected = self._verdicts, self._verdicts.counts["rejected"]
        error_file = spool_dir / "errors.csv" if rejected else None
        preview = spool_dir / "preview.csv" if dry_run else None
        self._tell("reporting", 0, verdicts.rows, "rows")
        if error_file is not None:
            await asyncio.to_thread(write_error_file, error_file, self._table.columns, self._again, verdicts)
        if preview is not None:
            await asyncio.to_thread(write_preview, preview, self._table.columns, self._again, verdicts)
        self._tell("reporting", verdicts.rows, verdicts.rows, "rows")
        return ImportReport(
            file=self._name,
            sha256=await asyncio.to_thread(sha256_of, self._path),
            size=self._path.stat().st_size,
            profile=self._profile.profile,
            dry_run=dry_run,
            rows=verdicts.rows,
            accepted=verdicts.counts["accepted"],
            duplicates=verdicts.counts["duplicate"],
            rejected=rejected,
            ignored=verdicts.counts["ignored"],
            reasons={code: count for code, count in sorted(verdicts.reasons.items()) if code != "ignored"},
            error_file=error_file,
            preview=preview,
        )

    def _tell(self, stage: Stage, done: int, total: int | None, unit: str) -> None:
        if self._progress is None:
            return
        counts = self._verdicts.counts
        with suppress(BrokenPipeError):
            self._progress(
                Progress(
                    stage=stage,
                    done=done,
                    total=total,
                    unit="bytes" if unit == "bytes" else "rows",
                    accepted=counts["accepted"],
                    duplicates=counts["duplicate"],
                    rejected=counts["rejected"],
                    ignored=counts["ignored"],
                )
            )
