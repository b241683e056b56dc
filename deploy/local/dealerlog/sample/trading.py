"""What goes out to the dealers and what comes back: deliveries and returns of 24 months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dealerlog.sample.calendar import LAST_DAY, MONTHS, Month, later, months, working
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.draws import Draws
from dealerlog.sample.tables import Product, products, table

CENT = Decimal("0.01")
VAT = Decimal("0.13")
LAST_DRAWN_DAY = 26  # a weekend moves a delivery at most two days on: June 2026 stays within the network


@dataclass(frozen=True, slots=True)
class Line:
    """So many units of a product at a price in CNY without VAT."""

    product: Product
    quantity: int
    unit_price: Decimal

    @property
    def amount(self) -> Decimal:
        """The exact product, without VAT."""
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery and its invoice; `method` prepaid, cash or credit as agreed for this one, `number` the invoice's."""

    dealer: Dealer
    on: date
    lines: tuple[Line, ...]
    method: str
    term_days: int
    number: str = ""

    @property
    def amount(self) -> Decimal:
        """What the invoice asks, VAT included."""
        return with_vat(self.lines)


@dataclass(frozen=True, slots=True)
class Return:
    """Goods of one delivery that came back; `number` is that of the credit note."""

    delivery: Delivery
    on: date
    lines: tuple[Line, ...]
    reason: str
    number: str

    @property
    def amount(self) -> Decimal:
        """What is credited, VAT included."""
        return with_vat(self.lines)


def with_vat(lines: tuple[Line, ...]) -> Decimal:
    """The lines' total with 13 % VAT, rounded once, half up, to 2."""
    return (sum((line.amount for line in lines), Decimal()) * (1 + VAT)).quantize(CENT, ROUND_HALF_UP)


def deliveries(seed: int, dealer: Dealer) -> Iterator[Delivery]:
    """All deliveries of one dealer, unnumbered, by date of its months."""
    draws = Draws(seed, "trade", dealer.number)
    assortment = _assortment(draws.at("assortment"), dealer)
    last_month = draws.at("end").between(11, 19) if dealer.trend == "stopped" else MONTHS
    for month in months():
        if not dealer.monthly or month.index > last_month:
            continue
        here = draws.at(month.index)
        target = _target(here, dealer, month)
        days = sorted(here.between(1, LAST_DRAWN_DAY) for _ in range(_count(here, dealer)))
        for day in days:
            on = working(month.day(day))
            if later(dealer.joined, 3) <= on and not (dealer.suspension and on >= dealer.suspension.on):
                cash = dealer.terms.method == "credit" and here.chance(dealer.terms.cash_share)
                yield Delivery(
                    dealer=dealer,
                    on=on,
                    lines=_lines(here, dealer, assortment, month, target // len(days)),
                    method="cash" if cash else dealer.terms.method,
                    term_days=0 if cash else dealer.terms.term_days,
                )


def returns(seed: int, sent: tuple[Delivery, ...]) -> Iterator[Return]:
    """A few of 100 deliveries come back in part, three days to three weeks later."""
    for delivery in sent:
        draws = Draws(seed, "return", delivery.number)
        on = later(delivery.on, draws.between(3, 21))
        if not draws.chance(4) or on > LAST_DAY:
            continue
        line = draws.pick(delivery.lines)
        back = max(1, line.quantity * draws.between(8, 60) // 100)
        reason = draws.pick(("外箱受潮退回", "临期调换退回", "送货错规格", "瓶盖渗漏批次召回", "促销结束余货退回"))
        yield Return(delivery, on, (Line(line.product, back, line.unit_price),), reason, "TH" + delivery.number[2:])


def _count(draws: Draws, dealer: Dealer) -> int:
    """Deliveries in one month: large dealers several, small ones one or, on credit, two; retailers not every month."""
    usual = max(dealer.level.deliveries, 1 + (dealer.terms.term_days > 0))
    if dealer.level.code == "retailer":
        return usual if draws.chance(88) else 0
    return max(1, draws.bell(usual, 1))


def _target(draws: Draws, dealer: Dealer, month: Month) -> int:
    """CNY with VAT that the dealer buys in the month: size × trend × season × chance."""
    first, last = _ends(dealer.trend)
    trend = first * (MONTHS - 1 - month.index) + last * month.index
    index: dict[str, list[int]] = table("products")["season"]
    season = sum(index[name][month.number - 1] * share for name, share in _mix(dealer).items())
    return dealer.monthly * trend * season * draws.bell(100, 34) // ((MONTHS - 1) * 100 * 100 * 100 * 100)


def _ends(trend: str) -> tuple[int, int]:
    first, last = table("channel")["trend"][trend]
    return first, last


def _mix(dealer: Dealer) -> dict[str, int]:
    """Percent of the dealer's goods that follow each season."""
    match dealer.focus:
        case "drinks":
            return {"cold": 65, "gift": 20, "even": 15}
        case "health":
            return {"cold": 0, "gift": 45, "even": 55}
        case _:
            return {"cold": 40, "gift": 30, "even": 30}


def _assortment(draws: Draws, dealer: Dealer) -> list[Product]:
    """The products the dealer carries."""
    wanted = [p for p in products() if dealer.focus == "both" or (p.code[:2] == "HS") == (dealer.focus == "health")]
    return draws.shuffled(wanted)[: draws.between(7, 18)]


def _lines(draws: Draws, dealer: Dealer, assortment: list[Product], month: Month, amount: int) -> tuple[Line, ...]:
    """Lines that share the amount; products in season are put in the basket more often."""
    season = table("products")["season"]
    wanted = [p for p in assortment if draws.below(190) < season[p.season][month.number - 1]] or assortment
    chosen = draws.shuffled(wanted)[: draws.between(*dealer.level.lines)]
    weights = [draws.between(10, 40) for _ in chosen]
    return tuple(_line(p, dealer, amount * w // sum(weights)) for p, w in zip(chosen, weights, strict=True))


def _line(product: Product, dealer: Dealer, amount: int) -> Line:
    price = (product.price * dealer.level.price / 100).quantize(CENT, ROUND_HALF_UP)
    return Line(product, max(1, int(amount / (1 + VAT) / price)), price)
