"""Sale lines of a file into the log, and out again: a sink for `service.imports.run_import`, and its undoing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from uuid import UUID

from eventlog.log import Log
from events.decider import Refused
from events.envelope import DocumentTooLarge, Imported
from service.caller import Caller
from service.imports import MappedRecord, RowVerdict, SaleLine
from service.imports.brought import brought_by
from service.imports.report import Sink
from service.scope import Reader
from tiering.dealers_named import UNKNOWN, Reference, dealers_named
from tiering.domain.sale import RecordSale, ReturnSale, ReverseSaleLine
from tiering.recording import Item, Recorder

SLICE = 1_000
CONFLICT = "The same line is there with another date, dealer or place: correct the file, or reverse the line first."
LINES = frozenset({"SaleRecorded", "SaleReturned"})


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
        direction=line.direction,
        ship_to=line.ship_to,
        ship_to_territory=line.ship_to_territory,
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
            return RowVerdict(row, "rejected", "document-conflict", CONFLICT)


async def undo(log: Log, recorder: Recorder, import_id: str, reason: str, *, after: Mapping[int, int]) -> int:
    """Take back every line that an import brought in, by reversing events; answers how many were taken back now.

    `after` is the last sequence of each partition before the import began. A reversal names the import and row, too.
    """
    reversed_, items = 0, []
    async for each in brought_by(log, import_id, after=after):
        if each.type in LINES:
            command = ReverseSaleLine(dealer=each.subject, line=str(each.event), reason=reason)
            items.append(recorder.item(command, Imported(import_id, each.row)))
        if len(items) == SLICE:
            reversed_ += await _taken_back(recorder, items)
            items = []
    return reversed_ + await _taken_back(recorder, items)


async def _taken_back(recorder: Recorder, items: list[Item]) -> int:
    return sum(outcome.verdict == "accepted" for outcome in await recorder.record(items))
