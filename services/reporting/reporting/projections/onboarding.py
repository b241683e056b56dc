"""Onboardings as facts: which dealers there were at a cut, where, and on what terms."""

from typing import Any

from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import DealerOnboarded

PLAIN = (
    "code",
    "name",
    "territory",
    "branch",
    "region",
    "channel_level",
    "cooperation",
    "supplier",
    "county",
    "country",
    "references",
    "forecast_monthly_sales",
    "onboarded_on",
    "submitted_by",
    "reviewed_by",
    "approved_by",
)

onboarding = FactsTable(
    "onboarding",
    columns={
        "dealer": uuid,
        "code": text,
        "name": text,
        "territory": text,
        "branch": text,
        "region": text,
        "channel_level": text,
        "cooperation": text,
        "supplier": uuid,
        "county": text,
        "country": text,
        "references": json,
        "forecast_monthly_sales": money,
        "onboarded_on": day,
        "submitted_by": text,
        "reviewed_by": text,
        "approved_by": text,
        "method": text,
        "term_days": integer,
    },
    scope="dealer",
    indexes=[("dealer",), ("code",)],
)


@onboarding.on(DealerOnboarded, uses=(*PLAIN, "terms"))
def onboarded(e: Any) -> dict[str, Any]:
    """The dealer may trade."""
    plain = {name: getattr(e.data, name) for name in PLAIN}
    return {"dealer": e.subject, "method": e.data.terms.method, "term_days": e.data.terms.term_days, **plain}
