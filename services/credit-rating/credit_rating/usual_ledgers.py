"""The ledgers of many dealers as columns, read in less than half the time that whole entries take.

A ledger with anything that only the rule can place is named instead: `evidence.entries_of` reads such a one whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from credit_rating.domain.usual_ledger import AT_ONCE, NEVER, UsualLedger
from credit_rating.evidence import WITHIN, bounds
from credit_rating.snapshot import SERVICE
from eventlog.connection import Connection
from eventlog.position import Cut

SOLD = ("due", "issued", "numbers", "cents", "credit_days")
CREDITED = ("days", "cents", "notes", "invoices", "at_most")
"""The columns of a row, in the order of `usual_ledger.Sold` and `Credited`."""
DAY_0 = "(date '0001-01-01' - 1)"
"""`date.toordinal` counts from it."""
INVOICES = f"""
select dealer,
    bool_or(amount <= 0 or scale(amount) > 2) as unusual,
    array_agg(due_on - {DAY_0}) as due,
    array_agg(dated - {DAY_0}) as issued,
    array_agg(number) as numbers,
    array_agg((amount * 100)::bigint) as cents,
    array_agg(case method
        when 'credit' then term_days
        when 'prepaid' then {AT_ONCE}
        when 'cash' then {AT_ONCE}
        when 'bank_acceptance' then greatest(0, due_on - dated)
        else {NEVER}
    end) as credit_days
from ledger_entry
where dealer = any($1) and {WITHIN} and kind = 'invoice' and dated <= $3::date
group by dealer
"""
CREDITS = f"""
select dealer,
    bool_or(kind not in ('payment', 'credit_note') or amount <= 0 or scale(amount) > 2
        or jsonb_array_length(allocations) > 1 or scale((allocations -> 0 ->> 'amount')::numeric) > 2
    ) as unusual,
    array_agg(dated - {DAY_0}) as days,
    array_agg((amount * 100)::bigint) as cents,
    array_agg(kind = 'credit_note') as notes,
    array_agg(coalesce(invoice, allocations -> 0 ->> 'invoice')) as invoices,
    array_agg(((allocations -> 0 ->> 'amount')::numeric * 100)::bigint) as at_most
from ledger_entry
where dealer = any($1) and {WITHIN} and kind <> 'invoice' and kind <> 'recovery'
    and (dated <= $3::date or kind not in ('payment', 'credit_note'))
group by dealer
"""


class Ledgers(NamedTuple):
    """The usual ones, measured; and the dealers whose entries only the rule can place."""

    usual: dict[UUID, UsualLedger]
    unusual: list[UUID]


class Columns(NamedTuple):
    """Invoices and credits of these dealers as read, a row a dealer; nothing is measured yet."""

    dealers: Sequence[UUID]
    as_of: date
    invoices: Mapping[UUID, Mapping[str, Any]]
    credits: Mapping[UUID, Mapping[str, Any]]


async def ledgers_of(conn: Connection, dealers: Sequence[UUID], cut: Cut, as_of: date) -> Ledgers:
    """The ledgers of these dealers at the end of a day, within a cut; a dealer without entries has an empty one."""
    return measured(await columns_of(conn, dealers, cut, as_of))


async def columns_of(conn: Connection, dealers: Sequence[UUID], cut: Cut, as_of: date) -> Columns:
    """What `measured` makes ledgers of, for who does that elsewhere than in the loop."""
    asked = (dealers, bounds(cut, SERVICE), as_of)
    invoices = {row["dealer"]: row for row in await conn.fetch(INVOICES, *asked)}
    credits = {row["dealer"]: row for row in await conn.fetch(CREDITS, *asked)}
    return Columns(dealers, as_of, invoices, credits)


def measured(columns: Columns) -> Ledgers:
    """The ledgers that the columns stand for; a dealer without entries has an empty one."""
    dealers, as_of, invoices, credits = columns
    ledgers = {each: _measured(invoices.get(each), credits.get(each), as_of) for each in dealers}
    usual = {dealer: ledger for dealer, ledger in ledgers.items() if ledger is not None}
    return Ledgers(usual, [dealer for dealer in dealers if dealer not in usual])


def _measured(sold: Mapping[str, Any] | None, credited: Mapping[str, Any] | None, as_of: date) -> UsualLedger | None:
    """One ledger, or None if it is unusual: one of these rows says so, or its order would depend on more than dates."""
    if (sold and sold["unusual"]) or (credited and credited["unusual"]):
        return None
    if sold and len(set(sold["numbers"])) < len(sold["numbers"]):
        return None
    if credited and True in credited["notes"]:
        days = {(day, note) for day, note in zip(credited["days"], credited["notes"], strict=True)}
        if len({day for day, _ in days}) < len(days):
            return None
    return UsualLedger(_zipped(sold, SOLD), _zipped(credited, CREDITED), as_of)


def _zipped(row: Mapping[str, Any] | None, columns: Sequence[str]) -> Iterable[Any]:
    """Of a row of columns, the tuples that they make."""
    return () if row is None else zip(*[row[name] for name in columns], strict=True)
