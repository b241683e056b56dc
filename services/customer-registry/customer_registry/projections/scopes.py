"""Who sees a dealer, and by which numbers it is found."""

from __future__ import annotations

from typing import Any

from eventlog.projection import Patch, StateTable, text, uuid
from events import DealerOnboarded, DealerSubmitted

dealer_scope = StateTable(
    "dealer_scope", key={"dealer": uuid}, columns={"territory": text, "branch": text, "region": text}
)
dealer_reference = StateTable(
    "dealer_reference",
    key={"source": text, "number": text},
    columns={"dealer": uuid},
    scope="dealer",
    indexes=[("dealer",)],
)


@dealer_scope.on(DealerSubmitted, DealerOnboarded, uses=("territory", "branch", "region"))
def placed(e: Any) -> Patch:
    """Who sees the dealer follows from its territory, from the submission on."""
    data = e.data
    return Patch(key=(e.subject,), set={"territory": data.territory, "branch": data.branch, "region": data.region})


@dealer_reference.on(DealerOnboarded, uses=("references",))
def known_by(e: Any) -> list[Patch]:
    """Every number that a source system knows the dealer by; the log's claims keep each with one dealer."""
    return [Patch(key=(each.source, each.number), set={"dealer": e.subject}) for each in e.data.references]
