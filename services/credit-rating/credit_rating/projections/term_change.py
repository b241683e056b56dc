"""Terms of payment agreed since onboarding, as facts: which term a limit rests on, at any day and cut."""

from typing import Any

from eventlog.projection import FactsTable, day, integer, text, uuid
from events import DealerTermsChanged

term_change = FactsTable(
    "term_change",
    columns={"dealer": uuid, "effective_on": day, "term_days": integer, "method": text},
    scope="dealer",
    indexes=[("dealer",)],
)


@term_change.on(DealerTermsChanged, uses=("terms", "on"))
def changed(e: Any) -> dict[str, Any]:
    """Other terms, from that day on."""
    terms = e.data.terms
    return {"dealer": e.subject, "effective_on": e.data.on, "term_days": terms.term_days, "method": terms.method}
