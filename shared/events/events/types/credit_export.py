"""credit-rating: which lists were taken out of it as files (domain.md 4, register of exports)."""

from datetime import date
from typing import Literal

from events.catalogue import Event
from events.fields import Count, Cut, FreeJson, Hash
from events.recorded import Code
from events.types.ledger import STREAMS as STREAMS


class ListExported(Event, owner="credit-rating", stream="export"):
    """Somebody took a list out as a file: the rows that these filters leave within this scope, known at this cut.

    `resource`: the path of the list; `filters`: what the path and the query said; `reach` and `code`: how far the
    caller sees (company: no code); `sha256`: of the file as it was handed over.
    """

    resource: Code
    format: Literal["csv", "xlsx"]
    filters: FreeJson
    as_of: date
    reach: Code
    code: Code | None = None
    rows: Count
    cut: Cut
    sha256: Hash
    by: Code
