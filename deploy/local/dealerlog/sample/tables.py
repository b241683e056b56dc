"""The tables beside this file: places, people, products, levels of the channel, sentences of visit reports."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """`tables/<name>.toml` as it is written."""
    return tomllib.loads(files(__package__).joinpath("tables", f"{name}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Product:
    """One article; `price` is the list price in CNY without VAT of one `unit`, `season` a row of `[season]`."""

    code: str
    name: str
    unit: str
    price: Decimal
    season: str


@dataclass(frozen=True, slots=True)
class Level:
    """How dealers of one level of the channel behave; shapes and units are told at the head of `channel.toml`."""

    code: str
    dealers: int
    monthly: tuple[int, int]
    turnover: tuple[int, int]
    deliveries: int
    lines: tuple[int, int]
    price: int
    visits: int
    trades: tuple[str, ...]
    sole_trades: tuple[str, ...]
    nature: dict[str, int]
    terms: dict[str, int]
    payer: dict[str, int]


@dataclass(frozen=True, slots=True)
class Payer:
    """How a dealer pays: percent by the due date, days late of the others, percent of the late left unpaid."""

    on_time: int
    late: tuple[int, int]
    unpaid: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Agreed terms: `method` prepaid, cash or credit, `term_days`, percent of invoices settled in cash all the same."""

    method: str
    term_days: int
    cash_share: int


@cache
def products() -> tuple[Product, ...]:
    """All articles, in the order of the table."""
    return tuple(Product(c, n, u, Decimal(p), s) for c, n, u, p, s in table("products")["product"])


@cache
def levels() -> tuple[Level, ...]:
    """The levels of the channel, upstream first."""
    lists = ("monthly", "turnover", "lines", "trades", "sole_trades")
    return tuple(
        Level(**{"sole_trades": (), **row, **{k: tuple(row[k]) for k in lists if k in row}})
        for row in table("channel")["level"]
    )


@cache
def payers() -> dict[str, Payer]:
    """How dealers pay, by name."""
    rows = table("channel")["payer"]
    return {name: Payer(row["on_time"], (row["late"][0], row["late"][1]), row["unpaid"]) for name, row in rows.items()}


@cache
def terms() -> dict[str, Terms]:
    """Agreed terms, by name."""
    return {name: Terms(**row) for name, row in table("channel")["terms"].items()}
