"""The dealers of the sample network: who they are, whom they buy through, how they trade and pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dealerlog.sample.calendar import FIRST_DAY, LAST_DAY, working
from dealerlog.sample.draws import Draws
from dealerlog.sample.organisation import Branch, Organisation, Person, Territory
from dealerlog.sample.tables import Level, Payer, Terms, levels, payers, table, terms

SOLE_TRADER = "sole_trader"


@dataclass(frozen=True, slots=True)
class Suspension:
    """From when and why no more goods go out."""

    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Dealer:
    """One dealer. `monthly` is CNY with VAT in an average month, 0 where it never bought; `number` is the ERP's own."""

    number: str
    name: str
    level: Level
    branch: Branch
    territory: Territory
    county: str
    supplier: str | None
    nature: str
    terms: Terms
    payer: Payer
    trend: str
    focus: str
    monthly: int
    forecast: int
    joined: date
    contact: str
    phone: str
    address: str
    tax_id: str
    suspension: Suspension | None
    cooperation: str = "dealer"

    @property
    def representative(self) -> Person:
        """Who visits it."""
        return self.territory.representative


def dealers(seed: int, organisation: Organisation) -> tuple[Dealer, ...]:
    """All dealers, upstream first, so that a supplier always comes before those it supplies."""
    words = _trade_names(Draws(seed, "names"))
    out: list[Dealer] = []
    for level in levels():
        for place in range(level.dealers):
            branch, territory = _place(organisation, level, place)
            draws = Draws(seed, "dealer", level.code, place)
            number = f"C{10001 + len(out)}"
            out.append(_dealer(draws, number, words[len(out)], level, branch, territory, out))
    return tuple(out)


def _place(organisation: Organisation, level: Level, place: int) -> tuple[Branch, Territory]:
    """General distributors stand in the first territory of their branch, the others go round all territories."""
    if level.code == "general_distributor":
        branch = organisation.branches[place % len(organisation.branches)]
        return branch, branch.territories[0]
    spots = [(b, t) for n in range(3) for b in organisation.branches for t in b.territories[n : n + 1]]
    return spots[place % len(spots)]


def _dealer(
    draws: Draws, number: str, word: str, level: Level, branch: Branch, territory: Territory, upstream: list[Dealer]
) -> Dealer:
    joined, settled = _joined(draws.at("joined"), level)
    small = level.code in ("wholesaler", "retailer")
    buys = not (small and draws.at("buys").chance(4))
    monthly = draws.at("size").skewed(*level.monthly)
    payer = draws.at("payer").weighted(level.payer)
    trend = draws.at("trend").weighted(table("channel")["trend_weights"] if settled else {"steady": 55, "growing": 45})
    agreed = terms()[draws.at("terms").weighted(level.terms)]
    nature = draws.at("nature").weighted(level.nature)
    county = draws.at("county").pick(territory.counties)
    card = draws.at("card")
    family, given = card.pick(table("people")["family"]), card.pick(table("people")["given"])
    return Dealer(
        number=number,
        name=_name(draws.at("name"), word, level, nature, branch, county),
        level=level,
        branch=branch,
        territory=territory,
        county=branch.province + county,
        supplier=_supplier(draws.at("supplier"), level, branch, territory, joined, upstream),
        nature=nature,
        terms=agreed,
        payer=payers()[payer],
        trend=trend,
        focus=draws.at("focus").weighted({"drinks": 62, "both": 26, "health": 12}),
        monthly=monthly if buys else 0,
        forecast=monthly * draws.at("forecast").between(80, 125) // 100 // 1000 * 1000 + 1000,
        joined=joined,
        contact=family[0] + given[0],
        # No Chinese subscriber number begins with 0, so these ring nowhere.
        phone=f"{branch.dial}-0{card.between(100_0000, 999_9999)}",
        address=f"{branch.province}{county}{card.pick(branch.roads)}{card.between(1, 998)}号",
        tax_id=f"91{branch.area}MAQH{number[1:]}X"[:18],
        suspension=_suspension(draws.at("suspension"), payer, trend, agreed),
        cooperation="agent" if buys and draws.at("cooperation").chance(3) else "dealer",
    )


def _joined(draws: Draws, level: Level) -> tuple[date, bool]:
    """The day of onboarding, and whether it was taken over when the archive opened, as most dealers were."""
    new = {} if level.code == "general_distributor" else {"year 1": 9, "year 2": 14}
    age = draws.weighted({"taken over": 77} | new)
    match age:
        case "year 1":
            return working(FIRST_DAY + timedelta(days=draws.between(35, 350))), False
        case "year 2":
            return working(LAST_DAY - timedelta(days=draws.between(12, 360))), False
        case _:
            return working(FIRST_DAY - timedelta(days=draws.between(5, 45))), True


def _supplier(
    draws: Draws, level: Level, branch: Branch, territory: Territory, joined: date, upstream: list[Dealer]
) -> str | None:
    """The dealer one step up that was there before; a general distributor has none, nor do half of the chains."""
    match level.code:
        case "general_distributor":
            return None
        case "chain" if draws.chance(50):
            return None
        case "wholesaler":
            above = "distributor"
        case "retailer":
            above = "wholesaler"
        case _:
            above = "general_distributor"
    near = [d for d in upstream if d.level.code == above and d.territory.code == territory.code and d.joined < joined]
    chief = [d for d in upstream if d.level.code == "general_distributor" and d.branch.code == branch.code]
    return draws.pick(near or chief).number


def _name(draws: Draws, word: str, level: Level, nature: str, branch: Branch, county: str) -> str:
    trade = draws.pick(level.trades)
    match nature:
        case "sole_trader":
            return f"{county}{word}{draws.pick(level.sole_trades)}"
        case "state_owned":
            return f"{branch.city}市{word}糖酒副食有限责任公司"
        case "listed":
            return f"{branch.city}{word}{trade}股份有限公司"
        case "chain":
            return f"{branch.city}{word}{trade}连锁有限公司"
        case _:
            return f"{branch.city}{word}{trade}有限公司"


def _suspension(draws: Draws, payer: str, trend: str, agreed: Terms) -> Suspension | None:
    """Some that pay badly and buy less and less were stopped of late; who buys without credit, for diversion only."""
    if payer not in ("chronic", "slow") or trend not in ("declining", "fading") or not draws.chance(55):
        return None
    reasons = ("下游窜货未整改，暂停供货", "多次逾期，催收三次未付，暂停发货", "长期逾期且联系不上负责人，暂停合作")
    reason = draws.pick(reasons if agreed.method == "credit" else reasons[:1])
    return Suspension(on=working(LAST_DAY - timedelta(days=draws.between(20, 170))), reason=reason)


def _trade_names(draws: Draws) -> list[str]:
    """Two characters each, no pair twice."""
    people = table("people")
    return draws.shuffled([a + b for a in people["first"] for b in people["second"] if a != b])
