"""Every limit ever set, with its factors; the one of the latest completed run is current."""

from eventlog.mapping import SUBJECT, named
from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import CreditLimitSet

FIELDS = ("run", "as_of", "limit", "m3", "m12", "season", "term_days", "coefficient", "basis", "policy", "cut")

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
    },
    scope="dealer",
    indexes=[("dealer", "as_of"), ("run",)],
)

credit_limit.copies(CreditLimitSet, dealer=SUBJECT, **named(FIELDS))
