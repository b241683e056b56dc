"""Under which number a source system knows a dealer: how a document finds its dealer (domain.md 0)."""

from typing import Any

from eventlog.projection import Patch, StateTable, text, uuid
from events import DealerOnboarded

dealer_reference = StateTable(
    "dealer_reference", key={"origin": text, "number": text}, columns={"dealer": uuid}, scope="dealer"
)


@dealer_reference.on(DealerOnboarded, uses=("references",))
def onboarded(e: Any) -> list[Patch]:
    """The registry claims each number for one dealer."""
    return [Patch(key=(each.source, each.number), set={"dealer": e.subject}) for each in e.data.references]
