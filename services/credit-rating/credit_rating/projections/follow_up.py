"""Follow-up visits as facts: what was found, and when; the last one by a day says when the next is due."""

from eventlog.mapping import SUBJECT, named
from eventlog.projection import FactsTable, boolean, day, json, text, uuid
from events import CreditFollowedUp

FIELDS = (
    "follow_up", "visited_on", "use_of_credit", "finances", "stock", "picture_holds", "next_steps", "files", "by",
)  # fmt: skip

follow_up = FactsTable(
    "follow_up",
    columns={
        "dealer": uuid,
        "follow_up": uuid,
        "visited_on": day,
        "use_of_credit": text,
        "finances": text,
        "stock": text,
        "picture_holds": boolean,
        "next_steps": text,
        "files": json,
        "by": text,
    },
    scope="dealer",
    indexes=[("dealer", "visited_on")],
)

follow_up.copies(CreditFollowedUp, dealer=SUBJECT, **named(FIELDS))
