"""Visits to dealers and what representatives wrote about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dealerlog.sample.calendar import FIRST_DAY, LAST_DAY, working
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.draws import Draws
from dealerlog.sample.tables import products, table

QUARTER_DAYS = 91
ENGLISH_BRANCHES = ("SH", "SZ", "GZ")  # where buyers of international chains are met


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: what was talked about, what succeeded, what fell short, the lesson, and when the next one is due."""

    dealer: Dealer
    number: int
    on: date
    method: str
    place: str
    participants: tuple[str, ...]
    content: str
    succeeded: str
    fell_short: str
    lesson: str
    next_appointment: date
    next_plan: str


def visits(seed: int, dealer: Dealer) -> Iterator[Visit]:
    """Visits from the onboarding on, as often as the level of the channel asks and the representative keeps."""
    draws = Draws(seed, "visits", dealer.number)
    aim = dealer.level.visits * (130 if dealer.monthly >= 350_000 else 100 if dealer.monthly >= 60_000 else 60)
    gap = QUARTER_DAYS * 100 * 100 // (aim * draws.between(72, 104))
    day = working(max(FIRST_DAY, dealer.joined) + timedelta(days=draws.between(1, gap)))
    number = 0
    while day <= LAST_DAY:
        number += 1
        planned = working(day + timedelta(days=gap))
        yield _visit(draws.at(number), dealer, number, day, planned)
        day = max(working(planned + timedelta(days=draws.bell(2, 7))), working(day + timedelta(days=1)))


def _visit(draws: Draws, dealer: Dealer, number: int, on: date, planned: date) -> Visit:
    occasion = draws.pick(_occasions(draws, dealer))
    drinks = occasion.get("drinks") or dealer.focus == "drinks"
    goods = draws.shuffled([p for p in products() if not drinks or p.code[:2] == "QH"])[:2]
    names = [p.name.split(" ")[0] if occasion["zh"] else p.code for p in goods]
    slots = {
        "product": names[0],
        "other": names[1],
        "contact": f"{dealer.contact[0]}{draws.pick(('总', '经理', '老板'))}" if occasion["zh"] else _latin(dealer),
        "cases": draws.between(4, 60) * 5,
        "days": draws.between(3, 24),
        "rep": dealer.representative.name,
    }
    text = {
        part: draws.pick(occasion[part]).format(**slots)
        for part in ("content", "succeeded", "fell_short", "lesson", "plan")
    }
    extra = draws.pick(table("visits")["outcomes_extra"]) if occasion["zh"] else ""
    method = draws.weighted(table("visits")["methods"])
    return Visit(
        dealer=dealer,
        number=number,
        on=on,
        method=method,
        place=draws.pick(table("visits")["places"])
        if method in ("visit", "meeting")
        else "电话"
        if method == "call"
        else "微信",
        participants=(dealer.contact, dealer.representative.name),
        content=text["content"] + extra,
        succeeded=text["succeeded"],
        fell_short=text["fell_short"],
        lesson=text["lesson"],
        next_appointment=planned,
        next_plan=text["plan"],
    )


def _occasions(draws: Draws, dealer: Dealer) -> list[dict[str, Any]]:
    """What the visit can be about; on buyers of chains in the large cities every other report is in English."""
    english = dealer.level.code == "chain" and dealer.branch.code in ENGLISH_BRANCHES and draws.chance(75)
    sells_drinks = dealer.focus != "health"
    return [o for o in table("visits")["occasion"] if o["zh"] != english and (sells_drinks or not o.get("drinks"))]


def _latin(dealer: Dealer) -> str:
    family: dict[str, str] = dict(table("people")["family"])
    return f"Mr/Ms {family[dealer.contact[0]].capitalize()}"
