"""Every limit ever set, or computed anew (`causes`), with its factors; both name the run of the grade they rest on."""

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
