"""Many rows in one request: NDJSON in, one verdict a row out, in the order given.

    {"row": 1, "verdict": "accepted", "position": "credit-rating:3:1234:1"}
    {"row": 2, "verdict": "rejected", "code": "invalid", "reason": "/amount: …"}
    {"summary": {"rows": 2, "accepted": 1, "duplicates": 0, "rejected": 1, "positions": ["credit-rating:3:1234:1"]}}

The body is read to its end before its first row counts, so an oversize or broken-off body changes nothing. Rows are
then handed on in slices of at most 1,000; a bad line never touches its neighbours: a slice that fails for what one of
its rows holds is handed on again row by row (what was written by then is told as a duplicate). When it fails for
a reason that will pass, its rows and all later ones are rejected as `temporarily-unavailable`: send the body again.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import IO, Generic, Literal, TypeVar

import msgspec
import structlog
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import StreamingResponse

from service.failures import problem_of
from service.problems import Problem, kind_of
from service.request import parse_json

T = TypeVar("T", bound=BaseModel)
SLICE_ROWS = 1000
LINE_BYTES = 64 * 1024
SPOOL_BYTES = 1024 * 1024
MEDIA_TYPE = "application/x-ndjson"
log = structlog.get_logger("bulk")
encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """A line that parsed: its number from 1 and its model."""

    row: int
    model: T


class RowVerdict(msgspec.Struct, omit_defaults=True):
    """What became of one row; `code` and `reason` when it was rejected, `position` when it is in the log."""

    row: int
    verdict: Literal["accepted", "duplicate", "rejected"]
    position: str | None = None
    code: str | None = None
    reason: str | None = None
    retry: bool = False


Record = Callable[[list[Row[T]]], Awaitable[list[RowVerdict]]]
"""Takes a slice of rows and gives a verdict for each."""


async def ndjson(request: Request, model: type[T], record: Record[T], *, rows: int = 1_000_000) -> StreamingResponse:
    """Answer a bulk request: every line of the body becomes a `model`, every slice is handed to `record`."""
    body = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115  # closed when the answer ends
    try:
        async for piece in request.stream():
            body.write(piece)
        body.seek(0)
    except BaseException:
        body.close()
        raise
    return StreamingResponse(_verdicts(body, model, record, rows), media_type=MEDIA_TYPE)


async def _verdicts(body: IO[bytes], model: type[T], record: Record[T], rows: int) -> AsyncIterator[bytes]:
    counts = dict.fromkeys(("accepted", "duplicate", "rejected"), 0)
    last: dict[str, tuple[int, str]] = {}
    failed: Problem | None = None
    with body:
        for chunk in _slices(_lines(body, rows), model):
            failed, said = await _judge(chunk, record, failed)
            for verdict in said:
                counts[verdict.verdict] += 1
                _remember(last, verdict.position)
            yield b"".join(encode(verdict) + b"\n" for verdict in said)
    positions = sorted(text for _, text in last.values())
    summary = {"rows": sum(counts.values()), "accepted": counts["accepted"], "duplicates": counts["duplicate"],
               "rejected": counts["rejected"], "positions": positions}  # fmt: skip
    yield encode({"summary": summary}) + b"\n"


async def _judge(chunk: list[Row[T] | RowVerdict], record: Record[T],
                 failed: Problem | None) -> tuple[Problem | None, list[RowVerdict]]:  # fmt: skip
    good = [entry for entry in chunk if isinstance(entry, Row)]
    verdicts = {entry.row: entry for entry in chunk if isinstance(entry, RowVerdict)}
    if good and failed is None:
        failed, said = await _recorded(good, record)
        if failed is not None and kind_of(failed.code).retry_after is None and len(good) > 1:
            failed, said = await _one_by_one(good, record)
        verdicts |= {verdict.row: verdict for verdict in said}
    return failed, [verdicts.get(entry.row) or _unrecorded(entry.row, failed) for entry in chunk]


async def _recorded(rows: list[Row[T]], record: Record[T]) -> tuple[Problem | None, list[RowVerdict]]:
    try:
        return None, await record(rows)
    except Exception as error:  # the status is sent already: the rest of the rows must still be told
        failed = problem_of(error)
        log.warning("bulk slice failed", first=rows[0].row, rows=len(rows), code=failed.code)
        return failed, []


async def _one_by_one(rows: list[Row[T]], record: Record[T]) -> tuple[Problem | None, list[RowVerdict]]:
    """Each row for itself; a failure that will pass ends it."""
    verdicts: list[RowVerdict] = []
    for row in rows:
        failed, said = await _recorded([row], record)
        if failed is not None and kind_of(failed.code).retry_after is not None:
            return failed, verdicts
        verdicts += said if failed is None else [_unrecorded(row.row, failed)]
    return None, verdicts


def _unrecorded(row: int, failed: Problem | None) -> RowVerdict:
    code = failed.code if failed else "internal"
    retry = code == "internal" or kind_of(code).retry_after is not None
    return reject(row, code, (failed and failed.detail) or kind_of(code).do, retry=retry)


def failed_row(row: int, error: Exception) -> RowVerdict:
    """The verdict of a row that failed while others of its slice are, or may be, in the log."""
    return _unrecorded(row, problem_of(error))


def _lines(body: IO[bytes], rows: int) -> Iterator[tuple[int, bytes | None]]:
    """Lines that hold something, numbered from 1; None for one that is too long or too many."""
    number = 0
    while line := body.readline(LINE_BYTES + 1):
        number += 1
        whole = line
        while not line.endswith(b"\n") and (line := body.readline(LINE_BYTES + 1)):
            whole = b" " * (LINE_BYTES + 2)
        if number > rows or len(whole.rstrip(b"\r\n")) > LINE_BYTES:
            yield number, None
        elif whole.strip():
            yield number, whole.removeprefix(b"\xef\xbb\xbf") if number == 1 else whole


def _slices(lines: Iterator[tuple[int, bytes | None]], model: type[T]) -> Iterator[list[Row[T] | RowVerdict]]:
    chunk: list[Row[T] | RowVerdict] = []
    for number, line in lines:
        chunk.append(parse(number, line, model))
        if len(chunk) == SLICE_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def parse(row: int, line: bytes | None, model: type[T]) -> Row[T] | RowVerdict:
    """One line as its model, or the verdict that says what is wrong with it."""
    if line is None:
        return reject(row, "too-large", f"A line has at most {LINE_BYTES} bytes; send fewer rows at once.")
    try:
        return Row(row, model.model_validate(parse_json(line)))
    except Problem as problem:
        return reject(row, problem.code, problem.detail or "")
    except ValidationError as error:
        first, more = error.errors(include_url=False, include_input=False)[0], error.error_count() - 1
        place = "".join(f"/{part}" for part in first["loc"])
        return reject(row, "invalid", f"{place or '/'}: {first['msg']}" + (f" (and {more} more)" if more else ""))


def reject(row: int, code: str, reason: str, *, retry: bool = False) -> RowVerdict:
    """The verdict of a row that was not taken."""
    return RowVerdict(row=row, verdict="rejected", code=code, reason=reason, retry=retry)


def _remember(last: dict[str, tuple[int, str]], position: str | None) -> None:
    """Keep the highest position of each partition: presenting these waits for every row."""
    if position is None:
        return
    service, partition, sequence, _ = position.rsplit(":", 3)
    place = f"{service}:{partition}"
    if int(sequence) > last.get(place, (-1, ""))[0]:
        last[place] = (int(sequence), position)


__all__ = [
    "LINE_BYTES", "MEDIA_TYPE", "SLICE_ROWS", "Record", "Row", "RowVerdict", "failed_row", "ndjson", "parse", "reject",
]  # fmt: skip
