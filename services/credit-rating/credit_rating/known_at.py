"""*Known at*: a cut, or a moment that the owner of the log turns into one; without either, what is shown now."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic

from fastapi import Query

from credit_rating.snapshot import SERVICE, positions, wait_until_shown
from eventlog.cut_form import NoCut, read_cut
from eventlog.cut_form import token_of as token_of
from eventlog.position import Cut, cut_to_json
from events.catalogue import OWNERS
from service.context import ReadContext
from service.moments import cut_at
from service.paging import Page, T
from service.problems import Problem
from service.runtime import Runtime

KnownAt = Annotated[
    str | None,
    Query(
        max_length=4000,
        description='a cut, as JSON {"credit-rating": {"0": 17}} or as its token, or a moment with its time zone',
    ),
]


class KnownPage(Page[T], Generic[T]):
    """A page of what is known at a cut."""

    known_at: str
    cut: dict[str, dict[str, int]]


class AsOfPage(KnownPage[T], Generic[T]):
    """A page of what stands at the end of a day, known at a cut; its amounts are in `currency`."""

    as_of: date
    currency: str


def known_page(page: Page[T], cut: Cut) -> dict[str, Any]:
    """The members of a page that was read at a cut, and the cut."""
    return {"items": page.items, "next": page.next, "known_at": token_of(cut), "cut": cut_to_json(cut)}


def as_of_page(page: Page[T], read: ReadContext, day: date, cut: Cut) -> dict[str, Any]:
    """The members of a page as of a day, read at a cut."""
    return known_page(page, cut) | {"as_of": day, "currency": read.runtime.settings.currency}


async def cut_known_at(runtime: Runtime, said: str | None, of: str = SERVICE) -> Cut:
    """The cut that is meant, once it is shown here; a moment is of the log `of` one service, this one unless said."""
    if said is None:
        return await positions(runtime.pool)
    cut = _given(said, runtime.settings.partitions)
    if cut is None:
        cut = await _at_moment(runtime, said, of)
    await wait_until_shown(runtime.pool, cut, runtime.settings.wait_seconds)
    return cut


def _given(said: str, partitions: int) -> Cut | None:
    try:
        return read_cut(said, OWNERS, partitions)
    except NoCut as error:
        raise Problem("invalid", f"known_at: {error}.") from error


async def _at_moment(runtime: Runtime, said: str, of: str) -> Cut:
    try:
        moment = datetime.fromisoformat(said.replace(" ", "+"))  # a plus sign that was not encoded arrives as a blank
    except ValueError:
        raise Problem("invalid", "known_at is a cut or a moment such as 2026-03-31T18:00:00+08:00.") from None
    if moment.tzinfo is None:
        raise Problem("invalid", "known_at needs a time zone, such as 2026-03-31T18:00:00+08:00.")
    return await cut_at(runtime, (of,), moment)
