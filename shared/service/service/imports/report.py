"""What an import says while it runs and when it has run."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import msgspec

from service.imports.records import MappedRecord

Verdict = Literal["accepted", "duplicate", "rejected", "ignored"]
Stage = Literal["reading", "recording", "reporting"]


class RowVerdict(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the sink says of one record; `code` and `reason` only where it is rejected."""

    row: int
    verdict: Literal["accepted", "duplicate", "rejected"]
    code: str = ""
    reason: str = ""


Sink = Callable[[list[MappedRecord]], Awaitable[list[RowVerdict]]]
"""Records in, one verdict each out (in any order). Idempotent by the records' identity, so a repeat is a duplicate."""


class Progress(msgspec.Struct, frozen=True):
    """Where the import is: `done` of `total` (None: unknown) in `unit`, and the verdicts so far."""

    stage: Stage
    done: int
    total: int | None
    unit: Literal["bytes", "rows"]
    accepted: int
    duplicates: int
    rejected: int
    ignored: int


class ImportReport(msgspec.Struct, frozen=True):
    """The end of an import. rows = accepted + duplicates + rejected + ignored; `reasons` counts rejections by code.

    `error_file` holds the rejected rows, `preview` (dry run) every row with its verdict; None where there is none.
    """

    file: str
    sha256: str
    size: int
    profile: str
    dry_run: bool
    rows: int
    accepted: int
    duplicates: int
    rejected: int
    ignored: int
    reasons: dict[str, int]
    error_file: Path | None
    preview: Path | None
