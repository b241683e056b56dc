"""What collection reads of a ledger at one cut, and the daily look: promises decided, reminders by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from credit_rating.by_the_clock import issue
from credit_rating.domain.collection import COLLECTION
from credit_rating.domain.collection_asked import CLOCK, DecidePromise, IssueReminder
from credit_rating.domain.collection_stage import Reached, reached
from credit_rating.domain.ledger import ledger_at
from credit_rating.domain.policy.collection import CollectionRule
from credit_rating.domain.promise import payments_of
from credit_rating.evidence import entries_of
from credit_rating.published_policies import InForce, in_force
from credit_rating.slices import SLICE, Row, Walk, for_each
from credit_rating.snapshot import SERVICE, company_snapshot, parked_keys, positions
from eventlog.connection import Connection
from eventlog.log import Log
from eventlog.position import Cut, cut_to_json
from events.ids import command_id
from events.types.shapes import PolicyRef
from rules.entries import LedgerEntry
from rules.receivables import receivables
from service.problems import Problem
from service.runtime import Runtime

DUE = """
select p.dealer, p.ref, p.due_on from collection_step p
where p.kind = 'promise' and p.due_on <= $1
    and ($2::date is null or (p.due_on, p.dealer, p.ref) > ($2, $3::uuid, $4::uuid))
    and not exists (select from collection_step d where d.ref = p.ref and d.kind in ('promise_kept', 'promise_broken'))
order by p.due_on, p.dealer, p.ref limit $5
"""
INVOICED = """
select distinct dealer from ledger_entry
where kind = 'invoice' and due_on < $1 and ($2::uuid is null or dealer > $2) order by dealer limit $3
"""


class Owing(NamedTuple):
    """The stage that a dealer has reached as of a day, by which policy, known at which cut."""

    reached: Reached | None
    rule: CollectionRule
    policy: PolicyRef
    cut: dict[str, dict[str, int]]

    @property
    def by_clock(self) -> bool:
        """Whether the clock reminds of that stage."""
        return self.reached is not None and self.rule.stages[self.reached.number - 1].by_clock


class Decided(NamedTuple):
    """A promise to be decided, and the day after its days."""

    on: date
    command: DecidePromise


async def owing_now(runtime: Runtime, dealer: UUID, as_of: date) -> Owing:
    """What a dealer's ledger gives at the cut of the read model. 503 while a stream of it is parked."""
    async with company_snapshot(runtime.pool) as conn:
        if await parked_keys(conn, [str(dealer)]):
            raise Problem("stream-parked")
        cut, policy = await positions(conn), await in_force(conn, as_of)
        return await owing_at(conn, dealer, as_of, cut, policy)


async def owing_at(conn: Any, dealer: UUID, as_of: date, cut: Cut, policy: InForce) -> Owing:
    """What a dealer's ledger gives at a cut."""
    return owing_of((await entries_of(conn, [dealer], cut)).get(dealer, []), as_of, cut, policy)


def owing_of(entries: Sequence[LedgerEntry], as_of: date, cut: Cut, policy: InForce) -> Owing:
    """What a ledger gives by a policy as of a day."""
    rule = policy.policy.collection
    return Owing(reached(receivables(entries, as_of), rule), rule, policy.reference, cut_to_json(cut))


async def promise_payments(conn: Any, dealer: UUID, on: date, cut: Cut) -> Any:
    """The dealer's payments dated until the day of a decision, known at a cut; what bounced by then is none."""
    return payments_of(ledger_at((await entries_of(conn, [dealer], cut)).get(dealer, []), on))


async def decide_promises(to: Log, today: date) -> int:
    """Decide every promise whose day is past; answers how many. A dealer with a parked stream is passed over."""

    async def rows(conn: Connection, last: Row | None) -> Sequence[Row]:
        after = (await in_force(conn, today)).policy.collection.promise_decided_after_days
        behind = (last["due_on"], last["dealer"], last["ref"]) if last else (None, None, None)
        return await conn.fetch(DUE, today - timedelta(days=after), *behind, SLICE)

    async def due(conn: Connection, these: Sequence[Row]) -> list[tuple[str, Decided]]:
        cut, policy = await positions(conn), await in_force(conn, today)
        dealers = sorted({row["dealer"] for row in these})
        parked = await parked_keys(conn, [str(dealer) for dealer in dealers])
        ledgers = await entries_of(conn, dealers, cut)
        return [
            (str(row["dealer"]), _decided(row, ledgers.get(row["dealer"], []), policy, cut))
            for row in these if str(row["dealer"]) not in parked
        ]  # fmt: skip

    async def give(dealer: str, decided: Decided) -> bool:
        command = decided.command
        return await issue(to, COLLECTION, dealer, command, "promise", command.promise, on=decided.on)

    return await for_each(to, Walk(name="promises", rows=rows, due=due, give=give))


def _decided(row: Row, ledger: list[LedgerEntry], policy: InForce, cut: Cut) -> Decided:
    after = policy.policy.collection.promise_decided_after_days
    on = row["due_on"] + timedelta(days=after)
    command = DecidePromise(
        promise=str(row["ref"]), after_days=after, policy=policy.reference, cut=cut_to_json(cut),
        payments=payments_of(ledger_at(ledger, on)),
    )  # fmt: skip
    return Decided(on, command)


async def remind(to: Log, today: date) -> int:
    """Remind where the policy lets the clock; answers how many. A dealer with a parked stream is passed over."""

    async def rows(conn: Connection, last: Row | None) -> Sequence[Row]:
        if not any(stage.by_clock for stage in (await in_force(conn, today)).policy.collection.stages):
            return []
        return await conn.fetch(INVOICED, today, last and last["dealer"], SLICE)

    async def due(conn: Connection, these: Sequence[Row]) -> list[tuple[str, Owing]]:
        cut, policy = await positions(conn), await in_force(conn, today)
        parked = await parked_keys(conn, [str(row["dealer"]) for row in these])
        ledgers = await entries_of(conn, [row["dealer"] for row in these], cut)
        found = [
            (str(row["dealer"]), owing_of(ledgers.get(row["dealer"], []), today, cut, policy))
            for row in these if str(row["dealer"]) not in parked
        ]  # fmt: skip
        return [(dealer, owing) for dealer, owing in found if owing.by_clock]

    async def give(dealer: str, owing: Owing) -> bool:
        parts = ("reminder", dealer, today.isoformat())
        return await issue(to, COLLECTION, dealer, _by_clock(owing, parts, today), *parts, on=today)

    return await for_each(to, Walk(name="reminders", rows=rows, due=due, give=give))


def _by_clock(owing: Owing, parts: tuple[str, ...], today: date) -> IssueReminder:
    return IssueReminder(
        reminder=str(command_id(SERVICE, *parts, "id")), reached=owing.reached, to="accounts", as_of=today,
        policy=owing.policy, cut=owing.cut, by=CLOCK,
    )  # fmt: skip
