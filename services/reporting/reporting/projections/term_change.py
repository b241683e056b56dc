"""Terms of payment agreed since onboarding, as facts."""

from typing import Any

from eventlog.projection import FactsTable, day, integer, text, uuid
from events import DealerTermsChanged

term_change = FactsTable(
    "term_change",
    columns={"dealer": uuid, "effective_on": day, "method": text, "term_days": integer},
    scope="dealer",
    indexes=[("dealer",)],
)


@term_change.on(DealerTermsChanged, uses=("terms", "on"))
def changed(e: Any) -> dict[str, Any]:
    """Other terms, from that day on."""
    terms = e.data.terms
    return {"dealer": e.subject, "effective_on": e.data.on, "method": terms.method, "term_days": terms.term_days}
