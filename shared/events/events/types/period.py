"""Months of the ledger that were closed; what comes later about them is marked by where it stands in the log."""

from events.catalogue import Event
from events.fields import Cut
from events.recorded import Code, Said


class PeriodClosed(Event, owner="credit-rating", stream="period"):
    """The month `period` (2026-03) was closed with everything recorded up to `cut`; what comes later is late."""

    period: Code
    cut: Cut
    by: Code


class PeriodReopened(Event, owner="credit-rating", stream="period"):
    """The month was opened again: what is recorded after `cut`, and before it is closed again, is not late."""

    period: Code
    cut: Cut
    by: Code
    reason: Said
