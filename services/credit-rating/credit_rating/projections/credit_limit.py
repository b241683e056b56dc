"""Every limit ever set or computed anew, with its factors.

In force is the latest of the run of the grade in force, whose name both bear; `causes` only where it was computed anew.
"""

from eventlog.mapping import SUBJECT, named
from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import CreditLimitRecomputed, CreditLimitSet

FIELDS = ("run", "as_of", "limit", "m3", "m12", "season", "term_days", "coefficient", "basis", "policy", "cut",
          "diligence")  # fmt: skip

credit_limit = FactsTable(
    "credit_limit",
    columns={
        "dealer": uuid,
        "run": uuid,
        "as_of": day,
        "limit": money,
        "m3": money,
        "m12": money,
        "season": money,
        "term_days": integer,
        "coefficient": money,
        "basis": text,
        "policy": json,
        "cut": json,
        "diligence": json,
        "causes": json,
    },
    scope="dealer",
    indexes=[("dealer", "as_of"), ("run",)],
)

credit_limit.copies(CreditLimitSet, dealer=SUBJECT, **named(FIELDS))
credit_limit.copies(CreditLimitRecomputed, dealer=SUBJECT, causes="causes", **named(FIELDS))

OF_GRADE = """(
    select l."limit", l.term_days, l.policy, l.diligence, l.as_of as limit_as_of
    from credit_limit l where l.dealer = g.dealer and l.run = g.run and l.as_of <= $2
    order by l.as_of desc, l.sequence desc limit 1
) as l"""
"""The limit of a grade `g` that counts on day $2."""
