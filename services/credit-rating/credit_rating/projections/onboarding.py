"""Onboardings as facts: which dealers a region had at a cut, and on what terms."""

from typing import Any

from eventlog.projection import FactsTable, day, integer, money, text, uuid
from events import DealerOnboarded

onboarding = FactsTable(
    "onboarding",
    columns={
        "dealer": uuid,
        "region": text,
        "territory": text,
        "onboarded_on": day,
        "term_days": integer,
        "forecast_monthly_sales": money,
    },
    scope="dealer",
    indexes=[("dealer",), ("region",)],
)


@onboarding.on(DealerOnboarded, uses=("region", "territory", "terms", "forecast_monthly_sales", "onboarded_on"))
def onboarded(e: Any) -> dict[str, Any]:
    """What a rating needs to know of a dealer beside its ledger and its survey."""
    return {
        "dealer": e.subject,
        "region": e.data.region,
        "territory": e.data.territory,
        "onboarded_on": e.data.onboarded_on,
        "term_days": e.data.terms.term_days,
        "forecast_monthly_sales": e.data.forecast_monthly_sales,
    }
