"""What a request is told of the lines or reports that it brings: one by one, or a verdict for each row of many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from uuid import UUID

from fastapi import Response

from eventlog.refusals import CommandReused
from events.decider import Refused
from events.ids import request_hash
from service.bulk import Row, RowVerdict, reject
from service.context import WriteContext
from service.problems import Problem
from service.telemetry import current_traceparent
from tiering.api.lines import LineRecorded
from tiering.dealers_named import UNKNOWN, Named, dealers_named
from tiering.recording import Item, Outcome, Recorder, ids_of


class Given(Protocol):
    """What names its dealer."""

    @property
    def dealer(self) -> Named:
        """By code, or by a system's number."""


G = TypeVar("G", bound=Given)
ItemOf = Callable[[UUID, G], Item]
"""The dealer and what was given about it → what is recorded. Raises Refused."""


def recorder_of(write: WriteContext) -> Recorder:
    """The recorder of a request."""
    return Recorder(
        log=write.runtime.log,
        actor=write.caller.login,
        today=write.today,
        currency=write.runtime.settings.currency,
        correlation=write.correlation,
        traceparent=current_traceparent(),
    )


async def dealer_named(write: WriteContext, given: Given) -> UUID:
    """Whom a single line or report is about. Refused: unknown-dealer."""
    async with write.snapshot() as conn:
        dealers = await dealers_named(conn, [given.dealer])
    if (dealer := dealers.get(given.dealer)) is None:
        raise Refused("unknown-dealer", UNKNOWN, retryable=True)
    return dealer


async def answer(write: WriteContext, recorder: Recorder, item: Item, *, otherwise: str) -> Response:
    """What became of one line or report, with its position; the same for every repeat of the request.

    `otherwise` says what to do where another of the same identity says otherwise.
    """
    request = write.command()
    known = await write.runtime.log.answered(request, request_hash(item.stated.stated))
    if known is not None and known.command not in ids_of(item):
        raise CommandReused(request)
    if known is not None:
        outcome = Outcome("accepted", known.event, known.position)
    else:
        (outcome,) = await recorder.record([item._replace(request=request)])
    if outcome.verdict == "conflict":
        raise Problem("document-conflict", otherwise)
    position = str(outcome.position)
    view = LineRecorded(verdict=outcome.verdict, event=outcome.event).model_dump_json()
    content = f'{view[:-1]},"position":"{position}"}}'
    headers = {"Dealerlog-Position": position}
    return Response(content, status_code=201, media_type="application/json", headers=headers)


async def record_rows(
    write: WriteContext, recorder: Recorder, rows: list[Row[Any]], item_of: ItemOf[Any], *, otherwise: str
) -> list[RowVerdict]:
    """Write what may be written; a row that may not says why and touches no other."""
    async with write.snapshot() as conn:
        dealers = await dealers_named(conn, (row.model.dealer for row in rows))
    said: list[RowVerdict] = []
    items: list[tuple[int, Item]] = []
    for row in rows:
        if (dealer := dealers.get(row.model.dealer)) is None:
            said.append(reject(row.row, "unknown-dealer", UNKNOWN, retry=True))
            continue
        try:
            items.append((row.row, item_of(dealer, row.model)))
        except Refused as refused:
            said.append(reject(row.row, refused.code, refused.detail))
    outcomes = await recorder.record([item for _, item in items])
    for (number, _), outcome in zip(items, outcomes, strict=True):
        if outcome.verdict == "conflict":
            said.append(reject(number, "document-conflict", otherwise))
        else:
            said.append(RowVerdict(row=number, verdict=outcome.verdict, position=str(outcome.position)))
    return said
