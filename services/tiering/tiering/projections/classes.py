"""Classes that runs gave to dealers, each with its place in the ranked list."""

from __future__ import annotations

from eventlog.mapping import BUSINESS_DATE, SUBJECT, named
from eventlog.projection import FactsTable, bigint, day, money, text, uuid
from events import AbcClassAssigned

abc_class = FactsTable(
    "abc_class",
    columns={
        "dealer": uuid,
        "run": uuid,
        "given_on": day,
        "abc": text,
        "measure": money,
        "rank": bigint,
        "share_before": money,
        "total": money,
        "population": bigint,
    },
    scope="dealer",
    indexes=[("run", "rank"), ("dealer", "run")],
)
STATED = ("run", "abc", "measure", "rank", "share_before", "total", "population")

abc_class.copies(AbcClassAssigned, dealer=SUBJECT, given_on=BUSINESS_DATE, **named(STATED))
