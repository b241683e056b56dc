"""What representatives answer about a dealer that no document gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dealerlog.sample.calendar import LAST_DAY, working
from dealerlog.sample.dealers import SOLE_TRADER, Dealer
from dealerlog.sample.draws import Draws


@dataclass(frozen=True, slots=True)
class Survey:
    """Answers of one day; `annual_turnover` is the dealer's whole business in CNY, demand and influence 0 … 100."""

    dealer: Dealer
    surveyed_on: date
    annual_turnover: int
    nature: str
    licences: str
    premises: str
    founded_on: date
    demand: int
    influence: int
    licences_expire_on: date | None


def surveys(seed: int, dealer: Dealer) -> tuple[Survey, ...]:
    """One with the onboarding, then one in eight to ten months; a few representatives have let the last one slip."""
    draws = Draws(seed, "survey", dealer.number)
    low, high = dealer.level.turnover
    reach = draws.between(low, high)
    founded = dealer.joined - timedelta(days=draws.skewed(120, 7200))
    premises = draws.weighted({"local_owned": 30, "local_leased": 61, "not_local": 9})
    slack = draws.chance(3)
    out: list[Survey] = []
    day = working(dealer.joined + timedelta(days=draws.between(0, 5)))
    while day <= LAST_DAY and not (slack and out):
        papers = _licences(draws, dealer)
        out.append(
            Survey(
                dealer=dealer,
                surveyed_on=day,
                annual_turnover=_turnover(draws, dealer, reach),
                nature=dealer.nature,
                licences=papers,
                premises=premises,
                founded_on=founded,
                demand=max(0, min(100, draws.bell(58, 40))),
                licences_expire_on=_expiry(draws.at("expiry", len(out)), day, papers),
                influence=max(0, min(100, draws.bell(35 + 25 * (dealer.level.code != "retailer"), 38))),
            )
        )
        day = working(day + timedelta(days=draws.between(240, 310)))
    return tuple(out)


def _turnover(draws: Draws, dealer: Dealer, reach: int) -> int:
    """Ours times a multiple, rounded as people say such figures; one that buys nothing is known by its forecast."""
    ours = (dealer.monthly or dealer.forecast) * 12
    return ours * reach // 10 * draws.between(92, 110) // 100 // 10_000 * 10_000 + 10_000


def _expiry(draws: Draws, day: date, papers: str) -> date | None:
    """When the first licence expires, of a few whose papers are in order: others have not been asked yet."""
    asked = papers == "complete_valid" and draws.chance(20)
    return day + timedelta(days=draws.between(330, 1200)) if asked else None


def _licences(draws: Draws, dealer: Dealer) -> str:
    lapses = 8 if dealer.nature == SOLE_TRADER else 3
    return draws.weighted({"complete_valid": 88 - lapses, "complete_expiring": 12, "missing_or_expired": lapses})
