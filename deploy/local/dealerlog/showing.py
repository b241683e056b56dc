"""What `run` prints at its end: the dealers, totals by grade and class, and where to look further."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dealerlog.client import AUDITOR, Api
from dealerlog.fleet import Fleet

GRADES = (1, 2, 3, 4, 5)
CLASSES = ("A", "B", "C")
NARROW = 100


async def dealers_of(api: Api) -> list[dict[str, Any]]:
    """Every dealer as reporting lists it."""
    return [row async for row in api.pages("reporting", "/api/dealers", AUDITOR)]


async def table_shown(fleet: Fleet, reached: str, rows: int, console: Console) -> None:
    """Print the first dealers of each class and grade, and the totals of all."""
    async with Api(fleet, reached=reached) as api:
        dealers = await dealers_of(api)
    console.print()
    console.print(dealer_table(chosen(dealers, rows), fleet.currency, narrow=console.width < NARROW))
    console.print(Text(f"{min(rows, len(dealers))} of {len(dealers)} dealers; {total_line(dealers)}", style="dim"))
    console.print()


def chosen(dealers: list[dict[str, Any]], rows: int) -> list[dict[str, Any]]:
    """A few of every class and grade rather than the first by name: round by round, the largest exposure first."""
    piles: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for dealer in sorted(dealers, key=lambda each: Decimal(each.get("exposure") or 0), reverse=True):
        piles.setdefault((dealer["abc"] or "–", dealer["grade"] or 9), []).append(dealer)
    picked: list[dict[str, Any]] = []
    while len(picked) < min(rows, len(dealers)):
        for pile in sorted(piles):
            if piles[pile] and len(picked) < rows:
                picked.append(piles[pile].pop(0))
    return sorted(picked, key=lambda each: (each["abc"] or "–", each["grade"] or 9, each["name"]))


def dealer_table(dealers: list[dict[str, Any]], currency: str, *, narrow: bool = False) -> Table:
    """Dealer, region, grade, limit, exposure, ABC class, next visit; a narrow one does without the dealers' codes."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "region") if narrow else ("dealer", "name", "region"):
        table.add_column(heading, no_wrap=True)
    for heading in ("grade", f"limit {currency}", f"exposure {currency}"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("ABC", justify="center", no_wrap=True)
    table.add_column("next visit", no_wrap=True)
    for each in dealers:
        cells = [
            each["code"], each["name"], each["region"], _text(each["grade"]), whole(each["limit"]),
            whole(each["exposure"]), _text(each["abc"]), _text(each["next_visit"]),
        ]  # fmt: skip
        table.add_row(*cells[1 if narrow else 0 :])
    return table


def counts(dealers: list[dict[str, Any]]) -> tuple[Counter[Any], Counter[Any]]:
    """Dealers by grade and by class; None counts those without."""
    return Counter(each["grade"] for each in dealers), Counter(each["abc"] for each in dealers)


def total_line(dealers: list[dict[str, Any]]) -> str:
    """Totals by grade and class in one line."""
    grades, classes = counts(dealers)
    by_grade = ", ".join(f"{grade}: {grades[grade]}" for grade in GRADES)
    by_class = ", ".join(f"{abc}: {classes[abc]}" for abc in CLASSES)
    return f"grades {by_grade}, none: {grades[None]}; classes {by_class}, none: {classes[None]}"


def addresses_shown(fleet: Fleet, console: Console) -> None:
    """Print where the pages and each API's description are, and how to come in."""
    places = {f"{name} API": f"{url}/docs" for name, url in fleet.urls.items()}
    places |= {"pages": f"{fleet.door or fleet.urls['reporting']}/  (pick a role to sign in)"}
    places |= {"token": "make token ROLE=auditor"}
    for name, place in places.items():
        console.print(Text.assemble((f"{name:<24}", "bold"), place), soft_wrap=True)


def whole(text: str | None) -> str:
    """An amount in whole units with thousands separators, a dash where there is none."""
    return "–" if text is None else f"{Decimal(text):,.0f}"


def _text(value: object) -> str:
    return "–" if value is None else str(value)
