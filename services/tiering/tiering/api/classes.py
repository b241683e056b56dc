"""ABC classes (帕累托): the ranked list of a completed run, one dealer's class, why it is so, and the same again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from eventlog.position import bounds, cut_from_json
from service.context import Read
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope
from tiering.published_policies import policy_of
from tiering.rederive import rederive_class, started_run
from tiering.running import reference

router = Router("classes")
BY_RANK = Keyset("rank")
CURRENT = "select run from run_completion order by recorded_at desc, run desc limit 1"
IS_COMPLETE = "select run from run_completion where run = $1"
COLUMNS = """
a.event, a.dealer, d.code, d.name, d.territory, d.branch, d.region, a.run, a.abc, a.measure, a.rank, a.share_before,
a.total, a.population, a.given_on, r.window_from, r.window_to
"""
FROM = "from abc_class a left join dealer d using (dealer) left join run r using (run)"
LIST = f"""
select {COLUMNS} {FROM} where a.run = $1 and ($2::text is null or a.abc = $2) and {{after}} {{order}} limit {{limit}}
"""
OF_DEALER = f"select {COLUMNS} {FROM} where a.dealer = $1 and a.run = $2"
OF_EVENT = f"select {COLUMNS}, a.partition, a.sequence {FROM} where a.event = $1"
LINES = """
select count(*) filter (where kind = 'sale') as sales, count(*) filter (where kind = 'return') as returns,
    coalesce(sum(amount) filter (where kind = 'sale'), 0) as sold,
    coalesce(sum(amount) filter (where kind = 'return'), 0) as returned
from sale_line s
where dealer = $1 and kind <> 'reversal' and direction = 'sell_in'
    and sold_on between $2 and $3 and sequence <= ($4::bigint[])[partition + 1]
    and not exists (
        select from sale_line r where r.reverses = s.event and r.sequence <= ($4::bigint[])[r.partition + 1])
"""


class ClassView(BaseModel):
    """A dealer's place in a run: `share_before` = what ranks above it ÷ total; null where its measure is ≤ 0."""

    event: UUID
    dealer: UUID
    code: str | None
    name: str | None
    territory: str | None
    branch: str | None
    region: str | None
    run: UUID
    abc: str
    measure: Decimal
    rank: int
    share_before: Decimal | None
    total: Decimal
    population: int
    given_on: date
    window_from: date
    window_to: date


class DealerClass(BaseModel):
    """A dealer's class in the current run; without a line in its window a dealer is unclassified."""

    dealer: UUID
    abc: str | None
    run: UUID | None
    place: ClassView | None


class Lines(BaseModel):
    """The dealer's lines in the window, known at the cut and not taken back: counts and sums, returns negative."""

    sales: int
    returns: int
    sold: Decimal
    returned: Decimal


class Explanation(BaseModel):
    """Why: the place, the rule in numbers, the policy, the cut, and the lines behind the measure with their address."""

    place: ClassView
    rule: str
    a_percent: Decimal
    b_percent: Decimal
    policy: dict[str, Any]
    cut: dict[str, dict[str, int]]
    measured: str
    authorised_by: str
    lines: Lines
    lines_at: str


class Rederivation(BaseModel):
    """The canonical data as recorded and as derived again from the log at the cut; `same`: byte for byte."""

    event: UUID
    same: bool
    recorded: str
    derived: str | None


@router.get("/classes", permission="class.read", answers=Page[ClassView])
async def list_classes(
    read: Read,
    page: PageOf,
    run: UUID | None = None,
    abc: Annotated[Literal["A", "B", "C"] | None, Query()] = None,
) -> Page[ClassView]:
    """The ranked list of a completed run (the current one unless another is named): dealers of the caller's scope."""
    query = LIST.format(after=BY_RANK.after(page, 3), order=BY_RANK.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        found = await (conn.fetchval(CURRENT) if run is None else conn.fetchval(IS_COMPLETE, run))
        if run is not None and found is None:
            raise Problem("not-found", f"No run {run} is complete.", retryable=True)
        rows = await conn.fetch(query, found, abc, *BY_RANK.values(page)) if found else []
    return page.of(rows, BY_RANK, ClassView)


@router.get("/dealers/{dealer}/class", permission="class.read", answers=DealerClass)
async def read_class(dealer: UUID, read: Read) -> DealerClass:
    """The dealer's class in the current run."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        run = await conn.fetchval(CURRENT)
        row = await conn.fetchrow(OF_DEALER, dealer, run) if run else None
    place = ClassView.model_validate(dict(row)) if row else None
    return DealerClass(dealer=dealer, abc=place.abc if place else None, run=run, place=place)


@router.get("/classes/{event}/explanation", permission="class.read", answers=Explanation)
async def explain_class(event: UUID, read: Read) -> Explanation:
    """Why a dealer has its class."""
    row = await row_of(read, event)
    place = ClassView.model_validate(dict(row))
    started = await started_run(read.runtime.log, str(place.run))
    rules = (await policy_of(read.runtime.log, **reference(started.policy))).abc
    tiering = bounds(cut_from_json(started.cut), "tiering")
    async with read.snapshot() as conn:
        lines = await conn.fetchrow(LINES, place.dealer, place.window_from, place.window_to, tiering)
    return Explanation(
        place=place,
        rule=rule_of(place, rules.a_percent, rules.b_percent),
        a_percent=rules.a_percent,
        b_percent=rules.b_percent,
        policy=started.policy.model_dump(),
        cut=started.cut,
        measured=started.measure,
        authorised_by=started.authorised_by,
        lines=Lines.model_validate(dict(lines)),
        lines_at=f"/dealers/{place.dealer}/sales?from={place.window_from}&to={place.window_to}",
    )


def rule_of(place: ClassView, a_percent: Decimal, b_percent: Decimal) -> str:
    """The rule that fired, in the numbers of the dealer."""
    if place.share_before is None:
        return f"C: the measure {place.measure:f} is not above 0"
    share = f"{100 * place.share_before:f} % of {place.total:f} rank above it"
    match place.abc:
        case "A":
            return f"A: {share}, less than {a_percent} %"
        case "B":
            return f"B: {share}, at least {a_percent} % and less than {b_percent} %"
        case _:
            return f"C: {share}, at least {b_percent} %"


@router.get("/classes/{event}/rederivation", permission="class.read", answers=Rederivation)
async def rederive(event: UUID, read: Read) -> Rederivation:
    """Derive the class again from the log at its cut, under its policy."""
    row = await row_of(read, event)
    again = await rederive_class(read.runtime.log, row["partition"], row["sequence"])
    derived = None if again.derived is None else again.derived.decode()
    return Rederivation(event=event, same=again.same, recorded=again.recorded.decode(), derived=derived)


async def row_of(read: Read, event: UUID) -> Any:
    """A decision of the caller's scope by its event."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(OF_EVENT, event)
    if row is None:
        raise Problem("not-found", "There is no such decision in your scope.", retryable=True)
    return row
