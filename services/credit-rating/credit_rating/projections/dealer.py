"""The dealers as the registry last said, as far as credit work shows or needs it."""

from typing import Any

from eventlog.projection import Patch, StateTable, boolean, day, integer, money, text, uuid
from events import DealerOnboarded, DealerReinstated, DealerSuspended, DealerTermsChanged

dealer = StateTable(
    "dealer",
    key={"dealer": uuid},
    columns={
        "code": text,
        "name": text,
        "method": text,
        "term_days": integer,
        "forecast_monthly_sales": money,
        "onboarded_on": day,
        "suspended": boolean,
        "suspension_on": day,
    },
    scope="dealer",
    indexes=[("code",)],
)


@dealer.on(DealerOnboarded, uses=("code", "name", "terms", "forecast_monthly_sales", "onboarded_on"))
def onboarded(e: Any) -> Patch:
    """The dealer may trade, on these terms."""
    return Patch(
        key=(e.subject,),
        set={
            "code": e.data.code,
            "name": e.data.name,
            "method": e.data.terms.method,
            "term_days": e.data.terms.term_days,
            "forecast_monthly_sales": e.data.forecast_monthly_sales,
            "onboarded_on": e.data.onboarded_on,
        },
    )


@dealer.on(DealerTermsChanged, uses=("terms",))
def terms_changed(e: Any) -> Patch:
    """The terms that were agreed last."""
    return Patch(key=(e.subject,), set={"method": e.data.terms.method, "term_days": e.data.terms.term_days})


@dealer.on(DealerSuspended, uses=("on",))
def suspended(e: Any) -> Patch:
    """Orders are held from that day on."""
    return Patch(key=(e.subject,), set={"suspended": True, "suspension_on": e.data.on})


@dealer.on(DealerReinstated, uses=("on",))
def reinstated(e: Any) -> Patch:
    """Orders pass again from that day on."""
    return Patch(key=(e.subject,), set={"suspended": False, "suspension_on": e.data.on})
