"""Holds that somebody released, as facts: which order, in spite of what, and why."""

from eventlog.mapping import SUBJECT, named
from eventlog.projection import FactsTable, json, money, text, uuid
from events import OrderHoldReleased

FIELDS = ("number", "amount", "reasons", "reason", "by")

hold_release = FactsTable(
    "hold_release",
    columns={"dealer": uuid, "number": text, "amount": money, "reasons": json, "reason": text, "by": text},
    scope="dealer",
    indexes=[("dealer",)],
)

hold_release.copies(OrderHoldReleased, dealer=SUBJECT, **named(FIELDS))
