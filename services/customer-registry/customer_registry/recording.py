"""Visits as facts: rows in, each judged by the rules and by the caller's scope, one verdict a row out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import ValidationError

from customer_registry.api.addressing import UNKNOWN, name_of, resolve
from customer_registry.domain.visit import LogVisit, VisitFact, visit_fact
from eventlog.meta import Fact, Verdict
from events.decider import Refused
from events.envelope import encode
from events.ids import command_id, request_hash, uuid7
from service.bulk import Row, RowVerdict, reject
from service.context import WriteContext
from service.permissions import SALES_REPRESENTATIVE
from service.telemetry import current_traceparent

if TYPE_CHECKING:
    from customer_registry.api.visits import VisitGiven

CONFLICT = "This number of this representative names another visit: correct the number or the content."


async def log_rows(write: WriteContext, rows: list[Row[VisitGiven]]) -> list[RowVerdict]:
    """Write what may be written; a row that may not says why and touches no other."""
    async with write.snapshot() as conn:
        dealers = await resolve(conn, (row.model.dealer for row in rows))
    facts: list[Fact] = []
    taken: list[int] = []
    said: list[RowVerdict] = []
    for row in rows:
        dealer = dealers.get(name_of(row.model.dealer))
        match judged(write, dealer, row):
            case Fact() as one:
                facts.append(one)
                taken.append(row.row)
            case refused:
                said.append(refused)
    verdicts = await write.runtime.log.record(facts) if facts else []
    return said + [told(row, verdict) for row, verdict in zip(taken, verdicts, strict=True)]


def judged(write: WriteContext, dealer: UUID | None, row: Row[VisitGiven]) -> Fact | RowVerdict:
    """The fact of a row, or the verdict that says why there is none."""
    given = row.model
    if dealer is None:
        return reject(row.row, "unknown-dealer", UNKNOWN, retry=True)
    representative = given.representative or write.caller.login
    if write.caller.role == SALES_REPRESENTATIVE and representative != write.caller.login:
        return reject(row.row, "representative-other", "A representative logs the own visits, nobody else's.")
    try:
        members = given.model_dump(exclude={"dealer", "representative"})
        command = LogVisit(dealer=str(dealer), representative=representative, **members)
        return fact_of(write, str(dealer), visit_fact(command, today=write.today))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return reject(row.row, "invalid", f"/{'/'.join(map(str, first['loc']))}: {first['msg']}")
    except Refused as refused:
        return reject(row.row, refused.code, refused.detail)


def fact_of(write: WriteContext, dealer: str, stated: VisitFact) -> Fact:
    """What the log records."""
    identity = uuid7()
    document = encode(
        stated.event,
        id=identity,
        subject=dealer,
        time=datetime.now(UTC),
        actor=write.caller.login,
        business_date=write.today,
        correlation=write.correlation,
        traceparent=current_traceparent(),
    )
    command = command_id("customer-registry", *stated.natural_key)
    return Fact(f"{dealer}/contacts", command, request_hash(stated.stated), identity, document)


def told(row: int, verdict: Verdict) -> RowVerdict:
    """The log's verdict as the caller reads it."""
    position = str(verdict.position) if verdict.position else None
    match verdict.kind:
        case "accepted" | "duplicate":
            return RowVerdict(row=row, verdict=verdict.kind, position=position)
        case _:
            return reject(row, "document-conflict", CONFLICT)
