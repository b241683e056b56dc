"""Files for the imports of three services, each with its ledger: what the client knows must become of every row.

A file has rows that are new, rows that the file before brought already, and rows that nobody can take; numbers are
unique, so that a row is told apart from any other in the log and in every table.
"""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

AGAIN, BAD_EVERY, TWICE_EVERY = 40, 50, 70
"""Rows of the file before that come again; how often a row is unusable, or stands there twice."""
HEAD = 'title = "Killed"\nsource = "erp"\ncurrency = "CNY"\ndates = "%Y-%m-%d"\n[dealer]\nnumber = "customer"\n'
SALES = (
    'profile = "killed-sales"\nkind = "sales"\n'
    + HEAD
    + """[columns]
invoice = "number"
product = "product"
quantity = "quantity"
unit_price = "price"
sold_on = "on"
"""
)
INVOICES = (
    'profile = "killed-invoices"\nkind = "invoices"\n'
    + HEAD
    + """[columns]
number = "number"
amount = "price"
issued_on = "on"
settled_on = "settled"
[terms]
method = "credit"
term_days = 30
[payment]
method = "transfer"
"""
)
DEALERS = 'profile = "killed-dealers"\nkind = "dealers"\n' + HEAD + 'name_pattern = "Customer {number}"\n'
HEADER = "number,customer,product,quantity,price,on,settled\n"
ONBOARDING = {"onboard": "true", "territory": "T1", "reviewed_by": "general", "approved_by": "head"}


@dataclass(frozen=True)
class Kind:
    """How one service's rows are imported: profile, further parameters, events of a new row, rows of a file."""

    profile: str
    asked: dict[str, str]
    events_a_row: int
    rows: int


KINDS = {
    "tiering": Kind(SALES, {}, 1, 4800),
    "credit-rating": Kind(INVOICES, {}, 2, 3000),
    "customer-registry": Kind(DEALERS, ONBOARDING, 3, 700),
}


@dataclass(frozen=True)
class File:
    """One file of a service, the `turn`-th; `said` is (number, dealer, verdict) of each of its rows."""

    service: str
    turn: int
    dealers: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.service}-{self.turn}.csv"

    @property
    def kind(self) -> Kind:
        return KINDS[self.service]

    @property
    def profile(self) -> str:
        """What `Import-Profile` carries."""
        return base64.b64encode(self.kind.profile.encode()).decode()

    @cached_property
    def said(self) -> tuple[tuple[str, str, str], ...]:
        """The client's ledger."""
        rows = [(number, who, "duplicate") for number, who in self._new(self.turn - 1)[:AGAIN]]
        for at, (number, who) in enumerate(self._new(self.turn)):
            rows.append((number, who, "accepted"))
            if at % TWICE_EVERY == 0 and self.service != "tiering":  # equal lines of an invoice count twice
                rows.append((number, who, "duplicate"))
            if at % BAD_EVERY == 0:
                rows.append((f"{number}-bad", "" if self.service == "customer-registry" else "nobody", "rejected"))
        return tuple(rows)

    def _new(self, turn: int) -> list[tuple[str, str]]:
        if turn < 0:
            return []
        numbers = [f"F{turn}-{at}" for at in range(self.kind.rows)]
        if self.service == "customer-registry":
            return [(number, number) for number in numbers]
        return [(number, self.dealers[at % len(self.dealers)]) for at, number in enumerate(numbers)]

    @cached_property
    def content(self) -> bytes:
        lines = (f"{number},{who},P1,2,12.50,2026-03-02,2026-03-20\n" for number, who, _ in self.said)
        return (HEADER + "".join(lines)).encode()

    @cached_property
    def counts(self) -> Counter[str]:
        """Verdict → rows."""
        return Counter(verdict for _, _, verdict in self.said)

    @property
    def events(self) -> int:
        """What the log must hold of it in the end."""
        return self.counts["accepted"] * self.kind.events_a_row

    @property
    def accepted(self) -> dict[int, str]:
        """Row of the file (its header is row 1) → number, of what must be accepted."""
        return {row: number for row, (number, _, verdict) in enumerate(self.said, 2) if verdict == "accepted"}
