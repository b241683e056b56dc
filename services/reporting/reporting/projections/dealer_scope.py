"""Where every dealer belongs: what row-level security looks up."""

from typing import Any

from eventlog.projection import Patch, StateTable, text, uuid
from events import DealerOnboarded

dealer_scope = StateTable(
    "dealer_scope", key={"dealer": uuid}, columns={"territory": text, "branch": text, "region": text}
)


@dealer_scope.on(DealerOnboarded, uses=("territory", "branch", "region"))
def onboarded(e: Any) -> Patch:
    """A dealer belongs to the place that it was onboarded into."""
    return Patch(
        key=(e.subject,), set={"territory": e.data.territory, "branch": e.data.branch, "region": e.data.region}
    )
