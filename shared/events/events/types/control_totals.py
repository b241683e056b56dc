"""credit-rating: what a source system says it sent for a month, to be held against what is here (domain.md 4)."""

from events.catalogue import Event
from events.fields import Count, Turnover
from events.recorded import Code
from events.types.ledger import STREAMS as STREAMS
from events.types.ledger import EntryKind


class ControlTotalsReceived(Event, owner="credit-rating", stream="control"):
    """A source has so many documents of one kind in the month `period` (2026-03); what it says later replaces it.

    `first_number` and `last_number` are the lowest and the highest that it gave out; both or neither.
    """

    source: Code
    period: Code
    kind: EntryKind
    documents: Count
    amount: Turnover
    first_number: Code | None = None
    last_number: Code | None = None
    by: Code
