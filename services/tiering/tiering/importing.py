"""Sale lines of a file into the log, and out again: a sink for `service.imports.run_import`, and its undoing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, cast
from uuid import UUID

from eventlog.log import Log
from events import decode
from events.decider import Refused
from events.envelope import DocumentTooLarge, Imported
from service.access import Caller
from service.imports import MappedRecord, RowVerdict, SaleLine
from service.imports.report import Sink
from service.scope import Reader
from tiering.dealers_named import UNKNOWN, Reference, dealers_named
from tiering.domain.sale import RecordSale, ReturnSale, ReverseSaleLine
from tiering.recording import Item, Recorder

SLICE = 1_000
CONFLICT = "The same line is there with another date or dealer: correct the file, or reverse the line first."
OF_IMPORT = """
select partition, sequence, id, document from log.event
where partition = $1 and sequence > $2 and version = 0 and position($3::bytea in document) > 0
order by sequence limit $4
"""


def sales_sink(reader: Reader, caller: Caller, recorder: Recorder, import_id: str) -> Sink:
    """Records what the caller may record: dealers outside the scope are unknown. Repeating it changes nothing."""

    async def sink(records: list[MappedRecord]) -> list[RowVerdict]:
        lines = cast("list[SaleLine]", records)
        async with reader.snapshot(caller) as conn:
            dealers = await dealers_named(conn, (reference_of(line) for line in lines))
        verdicts: list[RowVerdict] = []
        items: list[tuple[int, Item]] = []
        for line in lines:
            dealer = dealers.get(reference_of(line))
            match _judged(recorder, line, dealer, import_id):
                case RowVerdict() as refused:
                    verdicts.append(refused)
                case item:
                    items.append((line.row, item))
        outcomes = await recorder.record([item for _, item in items])
        return verdicts + [_told(row, out.verdict) for (row, _), out in zip(items, outcomes, strict=True)]

    return sink


def preview_sink(reader: Reader, caller: Caller, recorder: Recorder) -> Sink:
    """Says what the sink would say, and writes nothing; a line that is there already counts as a duplicate."""

    async def sink(records: list[MappedRecord]) -> list[RowVerdict]:
        lines = cast("list[SaleLine]", records)
        async with reader.snapshot(caller) as conn:
            dealers = await dealers_named(conn, (reference_of(line) for line in lines))
        verdicts = {}
        commands: dict[UUID, int] = {}
        for line in lines:
            match _judged(recorder, line, dealers.get(reference_of(line)), ""):
                case RowVerdict() as refused:
                    verdicts[line.row] = refused
                case item:
                    verdicts[line.row] = RowVerdict(line.row, "accepted")
                    commands[recorder.fact(item).command] = line.row
        known = await recorder.known(list(commands))
        taken_back = await recorder.taken_back([event for event, _ in known.values()])
        for command, (event, _) in known.items():
            if event not in taken_back:
                verdicts[commands[command]] = RowVerdict(commands[command], "duplicate")
        return list(verdicts.values())

    return sink


def reference_of(line: SaleLine) -> Reference:
    """How a line's source names its dealer."""
    return Reference.model_construct(source=line.source, number=line.dealer)


def _judged(recorder: Recorder, line: SaleLine, dealer: UUID | None, import_id: str) -> Item | RowVerdict:
    if dealer is None:
        return RowVerdict(line.row, "rejected", "unknown-dealer", f"{line.dealer} of {line.source}: {UNKNOWN}")
    kind = ReturnSale if line.returned else RecordSale
    command = kind.model_construct(  # the mapper held every field to the ranges of the event types
        dealer=str(dealer),
        source=line.source,
        invoice=line.invoice,
        line=line.line,
        product=line.product,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        currency=line.currency,
        sold_on=line.sold_on,
    )
    try:
        return recorder.item(command, Imported(import_id, line.row) if import_id else None)
    except Refused as refused:
        return RowVerdict(line.row, "rejected", refused.code, refused.detail)
    except DocumentTooLarge as error:
        return RowVerdict(line.row, "rejected", "too-large", str(error))


def _told(row: int, verdict: str) -> RowVerdict:
    match verdict:
        case "accepted":
            return RowVerdict(row, "accepted")
        case "duplicate":
            return RowVerdict(row, "duplicate")
        case _:
            return RowVerdict(row, "rejected", "conflict", CONFLICT)


class Brought(NamedTuple):
    """A line that an import brought in: its event, its dealer, and where it stands."""

    event: UUID
    dealer: str
    partition: int
    sequence: int


async def undo(log: Log, recorder: Recorder, import_id: str, reason: str) -> int:
    """Take back every line that an import brought in, by reversing events; answers how many were taken back now."""
    reversed_ = 0
    async for lines in lines_of(log, import_id):
        commands = [ReverseSaleLine(dealer=line.dealer, line=str(line.event), reason=reason) for line in lines]
        outcomes = await recorder.record([recorder.item(command) for command in commands])
        reversed_ += sum(outcome.verdict == "accepted" for outcome in outcomes)
    return reversed_


async def lines_of(log: Log, import_id: str) -> AsyncIterator[Sequence[Brought]]:
    """The lines that an import brought in, slice by slice: from every event back to its file and row."""
    mark = f'"importid":"{import_id}"'.encode()
    for partition, last in (await log.last()).items():
        after = 0
        while after < last:
            rows = await log.pool.fetch(OF_IMPORT, partition, after, mark, SLICE)
            yield [
                Brought(row["id"], recorded.subject, partition, row["sequence"])
                for row in rows
                if (recorded := decode(row["document"])).imported is not None
                and recorded.imported.id == import_id
                and recorded.type in ("SaleRecorded", "SaleReturned")
            ]
            after = rows[-1]["sequence"] if len(rows) == SLICE else last
