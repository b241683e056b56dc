"""How values look on a page: money with thousands separators, negatives in parentheses, null as –, dates ISO."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

NONE = "–"


def money(amount: Decimal | None) -> str:
    """12,345.60; (12,345.60) below zero."""
    if amount is None:
        return NONE
    amount = Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"({-amount:,.2f})" if amount < 0 else f"{abs(amount):,.2f}"


def quantity(value: Decimal | None) -> str:
    """Without decimals that say nothing."""
    if value is None:
        return NONE
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(rate: Decimal | None, places: int = 1) -> str:
    """0.1234 → 12.3 %."""
    if rate is None:
        return NONE
    shown = (Decimal(rate) * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{shown:,f} %"


def signed_percent(rate: Decimal | None) -> str:
    """A change: +12.3 %, −4.0 %."""
    if rate is None:
        return NONE
    text = percent(abs(rate))
    return f"+{text}" if rate > 0 else f"−{text}" if rate < 0 else text


def day(value: date | None) -> str:
    """2026-03-31."""
    return NONE if value is None else value.isoformat()


def month(value: date | None) -> str:
    """2026-03."""
    return NONE if value is None else f"{value:%Y-%m}"


def moment(value: datetime | None, zone: ZoneInfo) -> str:
    """2026-03-31 18:00:05 in the installation's zone."""
    return NONE if value is None else value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def age(value: datetime | None, now: datetime | None = None) -> str:
    """How long ago, in the largest unit that says something: 40 s, 12 min, 5 h, 3 d."""
    if value is None:
        return NONE
    seconds = max(0, int(((now or datetime.now(UTC)) - value).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def told(value: Any) -> str:
    """A value of an event's data as text."""
    match value:
        case None | "":
            return NONE
        case list() | tuple():
            return ", ".join(told(each) for each in value) or NONE
        case dict():
            return ", ".join(f"{name} {told(each)}" for name, each in value.items()) or NONE
        case _:
            return str(value)
