"""The figures of receivables by territory, branch, region and company: the sums of their dealers', to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from credit_rating.api.money import Money
from credit_rating.domain.ageing import UNAPPLIED, column_names
from credit_rating.domain.figures import FigureRules, Figures
from credit_rating.domain.policy.provision import ProvisionRule
from credit_rating.figures_of_many import Level, figures_of_places
from credit_rating.known_at import AsOfPage, KnownAt, as_of_page, cut_known_at
from credit_rating.published_policies import shown_in_force
from events.fields import Day
from rules.ageing import AgeBy
from service.context import Read
from service.paging import Keyset, PageOf
from service.routing import Router

router = Router("receivables")
BY_PLACE = Keyset("place")
PLACES = """
select place from (select distinct {level} as place from dealer_scope where {level} is not null) as p
where {after} {order} limit {limit}
"""
By = Annotated[Level, Query(description="whose dealers are put together")]


class AgeColumn(BaseModel):
    """One column of the ageing; the columns add up to the balance."""

    name: str
    amount: Money


class ProvisionBucket(BaseModel):
    """What is open of invoices so many days past due, and which share of it is provided for."""

    name: str
    open: Money
    share: Decimal


class ProvisionView(BaseModel):
    """Bad-debt provision; `amount` is rounded once a dealer, and of several dealers the sum of theirs."""

    amount: Money
    buckets: list[ProvisionBucket]


class FiguresView(BaseModel):
    """The receivables of one or many dealers; the record is that of the last 12 months; a rate of nothing is null."""

    balance: Money
    open_invoices: Money
    unapplied: Money
    ageing: list[AgeColumn]
    days_sales_outstanding: Decimal | None
    on_time_share: Decimal | None
    average_days_late: Decimal | None
    longest_overdue_days: int
    open_items_count: int
    provision: ProvisionView


class PlaceRow(FiguresView):
    """A territory, branch or region by its code, or the whole company (`place` company), as far as one may see it."""

    place: str
    dealers: int


class FiguresPage(AsOfPage[PlaceRow]):
    """A page of places at the end of `as_of`, known at `cut`; dealers stand where they belong now."""

    by: Level


@router.get("/receivables/figures", permission="receivables.read", answers=FiguresPage, problems=("no-policy",))
async def figures_by_place(
    read: Read,
    page: PageOf,
    by: By,
    as_of: Day | None = None,
    known_at: KnownAt = None,
    aged_by: AgeBy = "due_date",
) -> FiguresPage:
    """Balance, ageing, days sales outstanding, payment record and provision of each place in scope, by its code."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        policy = (await shown_in_force(conn, day)).policy
        query = PLACES.format(level=by, after=BY_PLACE.after(page, 1), order=BY_PLACE.order, limit=page.limit + 1)
        found = [] if by == "company" else await conn.fetch(query, *BY_PLACE.values(page))
    places = ["company"] if by == "company" else [row["place"] for row in found]
    rules = FigureRules(policy.ageing.limits, aged_by, policy.provision)
    sums = await figures_of_places(read.snapshot, by, places[: page.limit], (day, cut), rules)
    rows = [{"place": place} | (_row(sums[place], rules) if place in sums else {}) for place in places]
    return FiguresPage(**as_of_page(page.of(rows, BY_PLACE, PlaceRow), read, day, cut), by=by)


def _row(sums: Figures, rules: FigureRules) -> dict[str, object]:
    return figures_view(sums, rules).model_dump() | {"dealers": sums.dealers}


def figures_view(sums: Figures, rules: FigureRules) -> FiguresView:
    """Figures as they are answered."""
    names = [*column_names(rules.limits), UNAPPLIED]
    return FiguresView(
        balance=sums.balance,
        open_invoices=sums.open_invoices,
        unapplied=sums.unapplied,
        ageing=[AgeColumn(name=name, amount=amount) for name, amount in zip(names, sums.columns, strict=True)],
        days_sales_outstanding=sums.days_sales_outstanding,
        on_time_share=sums.on_time_share,
        average_days_late=sums.average_days_late,
        longest_overdue_days=sums.longest_overdue_days,
        open_items_count=sums.open_items,
        provision=provision_view(sums, rules.provision),
    )


def provision_view(sums: Figures, rule: ProvisionRule) -> ProvisionView:
    """The provision with what it is made of."""
    named = zip(column_names(rule.limits), sums.provided_for, rule.shares, strict=True)
    return ProvisionView(
        amount=sums.provision,
        buckets=[ProvisionBucket(name=name, open=amount, share=share) for name, amount, share in named],
    )
