"""Many orders in one request: every row is a decision of its own, the rows of one dealer one after the other.

A row is known by its kind and the order's number, so a file that is sent again decides nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from credit_rating.dealers_named import Dealers, dealers_named
from credit_rating.domain.order import ORDER, ORDERS, CancelOrder, Orders, PlaceOrder
from credit_rating.group_standing import checked_again, group_of
from credit_rating.order_lines import AnyLine, CancellationLine, OrderLine, OrdersLine
from credit_rating.snapshot import SERVICE, company_snapshot
from credit_rating.standing import gathered_standing, shown_to_the_last
from eventlog.meta import Meta, Written
from eventlog.refusals import ClaimTaken, CommandReused
from events import OrderHeld, OrderReleased
from events.decider import Refused
from events.ids import command_id, request_hash
from service.bulk import Row, RowVerdict, failed_row, reject
from service.context import WriteContext
from service.telemetry import current_traceparent

DEALERS_AT_ONCE = 8
CONFLICT = "document-conflict"
KNOWN = """
select amount, currency, prepaid, ordered_on from orders where dealer = $1 and number = $2 and state is not null
"""


class OrderVerdict(RowVerdict, omit_defaults=True):
    """What became of a row: of an order also how it was decided, and every reason if it is held."""

    state: Literal["released", "held", "cancelled"] | None = None
    reasons: list[dict[str, Any]] = msgspec.field(default_factory=list)


async def decide_all(rows: list[Row[OrdersLine]], write: WriteContext) -> list[RowVerdict]:
    """A verdict for each row; what fails touches no row of another dealer."""
    async with write.snapshot() as conn:
        dealers = await dealers_named(conn, [row.model.root.dealer for row in rows])
    refused, by_dealer = _sorted_out(rows, dealers)
    turns = asyncio.Semaphore(DEALERS_AT_ONCE)

    async def in_turn(dealer: UUID, lines: Mapping[int, AnyLine]) -> list[RowVerdict]:
        async with turns:
            return await _of_one(dealer, lines, write)

    judged = await asyncio.gather(*(in_turn(dealer, lines) for dealer, lines in by_dealer.items()))
    return [*refused, *(verdict for verdicts in judged for verdict in verdicts)]


def _sorted_out(
    rows: list[Row[OrdersLine]], dealers: Dealers
) -> tuple[list[RowVerdict], dict[UUID, dict[int, AnyLine]]]:
    refused: list[RowVerdict] = []
    by_dealer: dict[UUID, dict[int, AnyLine]] = {}
    for row in rows:
        line = row.model.root
        try:
            by_dealer.setdefault(dealers.find(line.dealer), {})[row.row] = line
        except Refused as error:
            refused.append(reject(row.row, error.code, error.detail, retry=error.retryable))
    return refused, by_dealer


async def _of_one(dealer: UUID, lines: Mapping[int, AnyLine], write: WriteContext) -> list[RowVerdict]:
    """The rows of one dealer in turn; after a failure the later ones are not tried out of turn."""
    verdicts: list[RowVerdict] = []
    failed: Exception | None = None
    for row, line in lines.items():
        try:
            if failed is None:
                verdicts.append(await _decided(row, dealer, line, write))
                continue
        except Refused as error:
            verdicts.append(reject(row, error.code, error.detail, retry=error.retryable))
            continue
        except Exception as error:  # the status is sent already: every row must be told
            failed = error
        verdicts.append(failed_row(row, failed))
    return verdicts


async def _decided(row: int, dealer: UUID, line: AnyLine, write: WriteContext) -> RowVerdict:
    try:
        match line:
            case OrderLine():
                written = await _placed(dealer, line, write)
            case CancellationLine():
                written = await _cancelled(dealer, line, write)
    except CommandReused:
        return _conflict(row, line)
    except (ClaimTaken, Refused) as error:
        if not (isinstance(line, OrderLine) and _says_placed(error)):
            raise
        return RowVerdict(row, "duplicate") if await _is_known(dealer, line, write) else _conflict(row, line)
    verdict: Literal["duplicate", "accepted"] = "duplicate" if written.repeated else "accepted"
    said = OrderVerdict(row=row, verdict=verdict, position=str(written.position))
    for event in written.events:
        match event:
            case OrderReleased():
                said.state = "released"
            case OrderHeld(reasons=reasons):
                said.state = "held"
                said.reasons = [each.model_dump(mode="json", exclude_none=True) for each in reasons]
    if isinstance(line, CancellationLine):
        said.state = "cancelled"
    return said


async def _placed(dealer: UUID, line: OrderLine, write: WriteContext) -> Written:
    if line.currency != write.runtime.settings.currency:
        raise Refused("other-currency", f"Orders here are in {write.runtime.settings.currency}.")
    async with write.snapshot() as conn:
        group = await group_of(conn, dealer)
    said = line.model_dump(include={"number", "amount", "currency", "prepaid"})

    async def checked(orders: Orders) -> PlaceOrder:
        standing = await gathered_standing(write.runtime, dealer, write.today, orders.group)
        return PlaceOrder(**said, ordered_on=line.ordered_on or write.today, standing=standing)

    meta, log = _meta(dealer, line, write), write.runtime.log
    written: Written = await checked_again(group, lambda: log.handle(ORDERS, str(dealer), None, meta, prepare=checked))
    return written


async def _cancelled(dealer: UUID, line: CancellationLine, write: WriteContext) -> Written:
    command = CancelOrder(number=line.number, reason=line.reason)
    written: Written = await write.runtime.log.handle(ORDERS, str(dealer), command, _meta(dealer, line, write))
    return written


def _meta(dealer: UUID, line: AnyLine, write: WriteContext) -> Meta:
    content = line.model_dump(exclude={"dealer"}) | {"dealer": dealer}
    return Meta(
        actor=write.caller.login,
        business_date=write.today,
        command_id=command_id(SERVICE, line.kind, line.number),
        request_hash=request_hash(content),
        correlation=write.correlation,
        traceparent=current_traceparent(),
    )


def _says_placed(error: ClaimTaken | Refused) -> bool:
    """Whether an order of that number was placed before, by another way."""
    return error.key.startswith(ORDER) if isinstance(error, ClaimTaken) else error.code == "order-known"


async def _is_known(dealer: UUID, line: OrderLine, write: WriteContext) -> bool:
    """Whether the order that was placed before is this dealer's, with this content."""
    await shown_to_the_last(write.runtime, dealer)
    async with company_snapshot(write.runtime.pool) as conn:
        known = await conn.fetchrow(KNOWN, dealer, line.number)
    if known is None:
        return False
    said = line.model_dump(include=set(known.keys()))
    return dict(known) == said | {"ordered_on": line.ordered_on or known["ordered_on"]}


def _conflict(row: int, line: AnyLine) -> RowVerdict:
    return reject(row, CONFLICT, f"Another {line.kind} of {line.number} was recorded: correct the number or the row.")
