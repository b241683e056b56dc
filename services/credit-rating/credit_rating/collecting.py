"""What collection reads of a ledger at one cut, and the daily look: promises decided, reminders by the clock."""

from __future__ import annotations

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
from credit_rating.snapshot import SERVICE, company_snapshot, parked_keys, positions
from eventlog.log import Log
from eventlog.position import Cut, cut_to_json
from events.ids import command_id
from events.types.shapes import PolicyRef
from rules.receivables import receivables
from service.problems import Problem
from service.runtime import Runtime

SLICE = 200
DUE = """
select p.dealer, p.ref, p.due_on from collection_step p
where p.kind = 'promise' and p.due_on <= $1
    and not exists (select from collection_step d where d.ref = p.ref and d.kind in ('promise_kept', 'promise_broken'))
order by p.due_on, p.dealer, p.ref
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


async def owing_now(runtime: Runtime, dealer: UUID, as_of: date) -> Owing:
    """What a dealer's ledger gives at the cut of the read model. 503 while a stream of it is parked."""
    async with company_snapshot(runtime.pool) as conn:
        if await parked_keys(conn, [str(dealer)]):
            raise Problem("stream-parked")
        cut, policy = await positions(conn), await in_force(conn, as_of)
        return await owing_at(conn, dealer, as_of, cut, policy)


async def owing_at(conn: Any, dealer: UUID, as_of: date, cut: Cut, policy: InForce) -> Owing:
    """What a dealer's ledger gives at a cut."""
    entries = (await entries_of(conn, [dealer], cut)).get(dealer, [])
    rule = policy.policy.collection
    return Owing(reached(receivables(entries, as_of), rule), rule, policy.reference, cut_to_json(cut))


async def promise_payments(conn: Any, dealer: UUID, pay_by: date, cut: Cut) -> Any:
    """The dealer's payments dated until a day, known at a cut."""
    return payments_of(ledger_at((await entries_of(conn, [dealer], cut)).get(dealer, []), pay_by))


async def look_at_all(to: Log, today: date) -> int:
    """Decide every promise whose day is past, then remind where the policy lets the clock; answers how many did so.

    A dealer with a parked stream is passed over until that is mended: nobody is judged on half of what is known.
    """
    return await _decide_promises(to, today) + await _remind(to, today)


async def _decide_promises(to: Log, today: date) -> int:
    done = 0
    async with company_snapshot(to.pool) as conn:
        cut, policy = await positions(conn), await in_force(conn, today)
        after = policy.policy.collection.promise_decided_after_days
        rows = await conn.fetch(DUE, today - timedelta(days=after))
        parked = await parked_keys(conn, sorted({str(row["dealer"]) for row in rows}))
        commands = [
            (row, DecidePromise(promise=str(row["ref"]), after_days=after, policy=policy.reference,
                                payments=await promise_payments(conn, row["dealer"], row["due_on"], cut),
                                cut=cut_to_json(cut)))
            for row in rows if str(row["dealer"]) not in parked
        ]  # fmt: skip
    for row, command in commands:
        on = row["due_on"] + timedelta(days=after)
        done += await issue(to, COLLECTION, str(row["dealer"]), command, "promise", command.promise, on=on)
    return done


async def _remind(to: Log, today: date) -> int:
    done, last = 0, None
    while True:
        async with company_snapshot(to.pool) as conn:
            cut, policy = await positions(conn), await in_force(conn, today)
            if not any(stage.by_clock for stage in policy.policy.collection.stages):
                return done
            dealers = [row["dealer"] for row in await conn.fetch(INVOICED, today, last, SLICE)]
            parked = await parked_keys(conn, [str(dealer) for dealer in dealers])
            found = [
                (each, await owing_at(conn, each, today, cut, policy)) for each in dealers if str(each) not in parked
            ]
        for dealer, owing in found:
            if owing.reached and owing.rule.stages[owing.reached.number - 1].by_clock:
                parts = ("reminder", str(dealer), today.isoformat())
                done += await issue(to, COLLECTION, str(dealer), _by_clock(owing, parts, today), *parts, on=today)
        if len(dealers) < SLICE:
            return done
        last = dealers[-1]


def _by_clock(owing: Owing, parts: tuple[str, ...], today: date) -> IssueReminder:
    return IssueReminder(
        reminder=str(command_id(SERVICE, *parts, "id")), reached=owing.reached, to="accounts", as_of=today,
        policy=owing.policy, cut=owing.cut, by=CLOCK,
    )  # fmt: skip
