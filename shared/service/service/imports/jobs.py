"""The folder of one service's imports: what was taken in waits here until it is done, whoever stops in between.

    <folder>/.incoming/<random>      a body that is being received
    <folder>/<import id>/file        the file, until every row has its verdict
                        /job         who asked for what; enough to do it again
                        /undo        an undo that was asked for, until it is done
                        /progress, /trouble, /report, errors.csv, preview.csv

The log says what is so; this folder only says what is to be done and how far it is. Losing it loses no fact.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from service.imports.report import ImportReport, Progress
from service.settings import Settings

T = TypeVar("T")
INCOMING_SECONDS = 3600
"""A body takes at most this long; what lies longer was left by a process that died."""
PROGRESS_SECONDS = 0.2


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked: enough to do it, also after a crash, under the same name and on the same business date.

    The profile's text is kept, so that an update of the code does not change how the rest is read.
    """

    id: str
    login: str
    role: str
    today: datetime.date
    correlation: str
    traceparent: str | None = None
    file: str = ""
    sha256: str = ""
    size: int = 0
    profile: str = ""
    profile_text: str = ""
    options: dict[str, Any] = {}
    dry_run: bool = False


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """An undo that was asked for."""

    job: Job
    reason: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an import or dry run; `refused` is why the file could not be used at all."""

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0
    reasons: dict[str, int] = {}
    refused: str | None = None

    @classmethod
    def of(cls, done: ImportReport) -> Report:
        """The figures of a report that are kept."""
        return cls(
            rows=done.rows, accepted=done.accepted, duplicates=done.duplicates, rejected=done.rejected,
            ignored=done.ignored, reasons=done.reasons,
        )  # fmt: skip


class JobFolder:
    """One import's folder."""

    def __init__(self, path: Path) -> None:
        self.path, self.file = path, path / "file"
        self.errors, self.preview = path / "errors.csv", path / "preview.csv"
        self._told = 0.0

    @property
    def is_pending(self) -> bool:
        """Whether there is something to do."""
        return self.file.exists() or (self.path / "undo").exists()

    def read(self, name: str, kind: type[T]) -> T | None:
        """What was written under that name, or None."""
        try:
            return msgspec.json.decode((self.path / name).read_bytes(), type=kind)
        except FileNotFoundError:
            return None

    def write(self, name: str, said: Any) -> None:
        """Write it so that a reader sees all of it or what was there before."""
        self.path.mkdir(parents=True, exist_ok=True)
        beside = self.path / f".{name}-{os.getpid()}"
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(said))
            file.flush()
            os.fsync(file.fileno())
        beside.rename(self.path / name)

    def tell(self, progress: Progress) -> None:
        """Keep the progress, at most five times a second."""
        now = time.monotonic()
        if now - self._told >= PROGRESS_SECONDS:
            self._told = now
            self.write("progress", progress)

    def drop(self, *names: str) -> None:
        """Delete what is no longer needed."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def taken(self) -> Iterator[bool]:
        """Whether this process may work on it; another that dies lets go by itself."""
        with (self.path / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


class JobFolders:
    """All imports of one service on this machine."""

    def __init__(self, settings: Settings) -> None:
        default = Path(tempfile.gettempdir()) / "dealerlog-imports" / (settings.database or "none")
        self.root = Path(settings.import_folder) if settings.import_folder else default
        self.most_bytes = settings.import_folder_bytes

    def of(self, import_id: str) -> JobFolder:
        """The folder of one import, there or not."""
        return JobFolder(self.root / import_id)

    @contextlib.contextmanager
    def incoming(self) -> Iterator[JobFolder]:
        """A new folder to receive a body in; gone afterwards unless it was moved."""
        waiting = self.root / ".incoming"
        waiting.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=waiting))
        try:
            yield JobFolder(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, folder: JobFolder, job: Job) -> bool:
        """Make an incoming folder the one of its import; False if there is one with a file already."""
        folder.write("job", job)
        kept = self.of(job.id)
        if kept.path.exists() and not kept.file.exists():
            os.replace(folder.file, kept.file)
            kept.write("job", job)
            return True
        try:
            folder.path.rename(kept.path)
        except OSError:
            return False
        return True

    def waiting(self) -> list[JobFolder]:
        """Imports with something to do, the longest waiting first."""
        if not self.root.is_dir():
            return []
        found = [each for each in self.root.iterdir() if not each.name.startswith(".") and each.is_dir()]
        return [JobFolder(each) for each in sorted(found, key=_changed) if JobFolder(each).is_pending]

    def make_room(self, size: int) -> bool:
        """Whether `size` more bytes fit, after the oldest finished imports gave way if they must."""
        for left in (self.root / ".incoming").glob("*"):
            if time.time() - _changed(left) > INCOMING_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        used = bytes_of(self.root)
        for each in sorted((e for e in self.root.glob("*") if not e.name.startswith(".")), key=_changed):
            if used + size <= self.most_bytes:
                break
            if not JobFolder(each).is_pending:
                used -= bytes_of(each)
                shutil.rmtree(each, ignore_errors=True)
        return used + size <= self.most_bytes


def bytes_of(folder: Path) -> int:
    """What a folder holds."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _changed(path: Path) -> float:
    try:
        return path.stat().st_ctime
    except FileNotFoundError:
        return 0.0
