"""Dealers as they stand: who they are, where, how far their file is, and the numbers that find them.

`version` counts the events of the file: the ETag that an edit sends back.
"""

from __future__ import annotations

from typing import Any

from eventlog.projection import Patch, StateTable, day, integer, json, money, text, uuid
from events import (
    BasicCardRevised,
    DealerJoinedGroup,
    DealerLeftGroup,
    DealerOnboarded,
    DealerReinstated,
    DealerRejected,
    DealerReturned,
    DealerReviewed,
    DealerSubmitted,
    DealerSuspended,
    DealerTermsChanged,
    SurveyAnswered,
    VisitLogged,
)

dealer = StateTable(
    "dealer",
    key={"dealer": uuid},
    columns={
        "code": text,
        "name": text,
        "status": text,
        "status_on": day,
        "status_reason": text,
        "territory": text,
        "branch": text,
        "region": text,
        "channel_level": text,
        "cooperation": text,
        "supplier": uuid,
        "county": text,
        "country": text,
        "references": json,
        "method": text,
        "term_days": integer,
        "forecast_monthly_sales": money,
        "submitted_by": text,
        "submitted_on": day,
        "waiver": text,
        "checklist": json,
        "reviewed_by": text,
        "approved_by": text,
        "onboarded_on": day,
        "card_revised_on": day,
        "surveyed_on": day,
        "visited_on": day,
        "visits": integer,
        "owner_group": text,
        "version": integer,
    },
    scope="dealer",
    indexes=[
        ("name", "dealer"),
        ("territory",),
        ("branch",),
        ("region",),
        ("status",),
        ("code",),
        ("supplier",),
        ("owner_group",),
    ],
)
PROPOSED = (
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
    "terms",
    "forecast_monthly_sales",
    "submitted_by",
)


@dealer.on(DealerSubmitted, uses=(*PROPOSED, "waiver", "checklist"))
def submitted(e: Any) -> Patch:
    """The dealer as proposed."""
    data = e.data
    return Patch(
        key=(e.subject,),
        set={
            "name": data.name,
            "status": "submitted",
            "status_on": e.businessdate,
            "status_reason": None,
            "territory": data.territory,
            "branch": data.branch,
            "region": data.region,
            "channel_level": data.channel_level,
            "cooperation": data.cooperation,
            "supplier": data.supplier,
            "county": data.county,
            "country": data.country,
            "references": data.references,
            "method": data.terms.method,
            "term_days": data.terms.term_days,
            "forecast_monthly_sales": data.forecast_monthly_sales,
            "submitted_by": data.submitted_by,
            "submitted_on": e.businessdate,
            "waiver": data.waiver,
            "checklist": data.checklist,
            "reviewed_by": None,
        },
        add={"version": 1},
    )


@dealer.on(DealerReviewed, uses=("by",))
def reviewed(e: Any) -> Patch:
    """Step two of three."""
    return Patch(
        key=(e.subject,),
        set={"status": "reviewed", "status_on": e.businessdate, "status_reason": None, "reviewed_by": e.data.by},
        add={"version": 1},
    )


@dealer.on(DealerReturned, uses=("reason",))
def returned(e: Any) -> Patch:
    """Back to its author."""
    return Patch(
        key=(e.subject,),
        set={
            "status": "returned",
            "status_on": e.businessdate,
            "status_reason": e.data.reason,
            "reviewed_by": None,
        },
        add={"version": 1},
    )


@dealer.on(DealerRejected, uses=("reason",))
def rejected(e: Any) -> Patch:
    """Refused for good."""
    return Patch(
        key=(e.subject,),
        set={"status": "rejected", "status_on": e.businessdate, "status_reason": e.data.reason},
        add={"version": 1},
    )


@dealer.on(DealerOnboarded, uses=(*PROPOSED, "code", "reviewed_by", "approved_by", "onboarded_on"))
def onboarded(e: Any) -> Patch:
    """Approved: the dealer has a code and may trade."""
    data = e.data
    return Patch(
        key=(e.subject,),
        set={
            "code": data.code,
            "name": data.name,
            "status": "onboarded",
            "status_on": data.onboarded_on,
            "status_reason": None,
            "territory": data.territory,
            "branch": data.branch,
            "region": data.region,
            "channel_level": data.channel_level,
            "cooperation": data.cooperation,
            "supplier": data.supplier,
            "county": data.county,
            "country": data.country,
            "references": data.references,
            "method": data.terms.method,
            "term_days": data.terms.term_days,
            "forecast_monthly_sales": data.forecast_monthly_sales,
            "submitted_by": data.submitted_by,
            "reviewed_by": data.reviewed_by,
            "approved_by": data.approved_by,
            "onboarded_on": data.onboarded_on,
        },
        add={"version": 1},
    )


@dealer.on(DealerSuspended, uses=("reason", "on"))
def suspended(e: Any) -> Patch:
    """Orders are blocked."""
    return Patch(
        key=(e.subject,),
        set={"status": "suspended", "status_on": e.data.on, "status_reason": e.data.reason},
        add={"version": 1},
    )


@dealer.on(DealerReinstated, uses=("reason", "on"))
def reinstated(e: Any) -> Patch:
    """Orders flow again."""
    return Patch(
        key=(e.subject,),
        set={"status": "onboarded", "status_on": e.data.on, "status_reason": e.data.reason},
        add={"version": 1},
    )


@dealer.on(BasicCardRevised, uses=("changed", "name"))
def revised(e: Any) -> list[Patch]:
    """The card has a new version; a new name on it is the dealer's."""
    counted = Patch(key=(e.subject,), set={"card_revised_on": e.businessdate}, add={"version": 1})
    if "name" not in e.data.changed:
        return [counted]
    return [counted, Patch(key=(e.subject,), set={"name": e.data.name})]


@dealer.on(DealerTermsChanged, uses=("terms",))
def terms_changed(e: Any) -> Patch:
    """The terms that were agreed last."""
    terms = e.data.terms
    return Patch(key=(e.subject,), set={"method": terms.method, "term_days": terms.term_days}, add={"version": 1})


@dealer.on(DealerJoinedGroup, uses=("group",))
def joined(e: Any) -> Patch:
    """It belongs to an owner group."""
    return Patch(key=(e.subject,), set={"owner_group": e.data.group}, add={"version": 1})


@dealer.on(DealerLeftGroup, uses=("group",))
def left(e: Any) -> Patch:
    """It belongs to none."""
    return Patch(key=(e.subject,), set={"owner_group": None}, add={"version": 1})


@dealer.on(SurveyAnswered, uses=("surveyed_on",))
def surveyed(e: Any) -> Patch:
    """The day of the latest survey."""
    return Patch(key=(e.subject,), max={"surveyed_on": e.data.surveyed_on})


@dealer.on(VisitLogged, uses=("visited_on",))
def visited(e: Any) -> Patch:
    """How many contacts, and the latest."""
    return Patch(key=(e.subject,), add={"visits": 1}, max={"visited_on": e.data.visited_on})
