"""What statements read elsewhere: a ledger at a cut, to draw one up, to show its lines, to draw it up once more."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from credit_rating.differences import Difference, compared
from credit_rating.domain.rating import canonical_data
from credit_rating.domain.statement import require_in_order
from credit_rating.domain.statement_drawing import Asked, Occasion, again, any_activity, drawn_up, lines_of
from credit_rating.evidence import entries_of
from credit_rating.published_policies import PolicyAltered, in_force, named
from credit_rating.snapshot import company_snapshot, parked_keys, positions
from eventlog.connection import Connection
from eventlog.log import Log
from eventlog.position import cut_from_json, cut_to_json
from eventlog.reading import event_of
from events import StatementIssued
from events.decider import Refused
from rules.statement import Statement
from service.problems import Problem

ISSUED = "select document from log.event where stream = $1 and id = $2"


async def drawn_up_now(log: Log, dealer: UUID, asked: Asked, today: date) -> StatementIssued:
    """The statement as the read model has the ledger now. 503 while a stream of the dealer is parked.

    Refused: dates-implausible; nothing-to-state, where the ledger holds nothing until the last day, which is over.
    """
    require_in_order(asked.first_day, asked.last_day)
    async with company_snapshot(log.pool) as conn:
        if await parked_keys(conn, [str(dealer)]):
            raise Problem("stream-parked")
        cut, (policy, reference) = await positions(conn), await in_force(conn, asked.last_day)
        entries = (await entries_of(conn, [dealer], cut)).get(dealer, [])
    if asked.last_day < today and not any_activity(entries, asked.last_day):
        raise Refused("nothing-to-state", f"The ledger of this dealer holds nothing until {asked.last_day}.")
    occasion = Occasion(reference, policy.ageing.limits, cut_to_json(cut))
    return await asyncio.to_thread(drawn_up, entries, asked, occasion)


async def lines_at_cut(conn: Connection, dealer: UUID, issued: StatementIssued) -> Statement:
    """A statement's lines, read again at its cut: for ever the same."""
    entries = (await entries_of(conn, [dealer], cut_from_json(issued.cut))).get(dealer, [])
    return await asyncio.to_thread(lines_of, issued, entries)


async def issued_in_log(log: Log, dealer: UUID, event: UUID) -> StatementIssued | None:
    """A statement as it was written; None if the log does not have it."""
    document = await log.pool.fetchval(ISSUED, f"{dealer}/statements", event)
    found: Any = document and event_of(document)
    return found if isinstance(found, StatementIssued) else None


async def rederive_statement(log: Log, dealer: UUID, event: UUID) -> list[Difference]:
    """Draw a statement up once more from what is known at its cut; no difference: every byte is the same."""
    issued = await issued_in_log(log, dealer, event)
    if issued is None:
        return [Difference("event", str(event), "is not in the log")]
    async with company_snapshot(log.pool) as conn:
        entries = (await entries_of(conn, [dealer], cut_from_json(issued.cut))).get(dealer, [])
        try:
            limits = (await named(conn, issued.policy)).policy.ageing.limits
        except PolicyAltered as error:
            return [Difference("policy", issued.policy.model_dump(mode="json"), str(error))]
    derived = await asyncio.to_thread(again, issued, entries, limits)
    return compared("statement", canonical_data(issued), canonical_data(derived))
