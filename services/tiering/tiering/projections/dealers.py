"""The dealers, as the registry tells of them: whose they are, their code, and the numbers that find them."""

from __future__ import annotations

from typing import Any

from eventlog.projection import FactsTable, Patch, StateTable, day, text, uuid
from events import BasicCardRevised, DealerOnboarded, DealerReinstated, DealerSuspended

dealer_scope = StateTable(
    "dealer_scope", key={"dealer": uuid}, columns={"territory": text, "branch": text, "region": text}
)
dealer = StateTable(
    "dealer",
    key={"dealer": uuid},
    columns={
        "code": text,
        "name": text,
        "status": text,
        "territory": text,
        "branch": text,
        "region": text,
        "onboarded_on": day,
    },
    scope="dealer",
    indexes=[("code",), ("territory",)],
)
dealer_reference = StateTable(
    "dealer_reference",
    key={"origin": text, "number": text},
    columns={"dealer": uuid},
    scope="dealer",
    indexes=[("dealer",)],
)
onboarding = FactsTable(
    "onboarding",
    columns={"dealer": uuid, "code": text, "onboarded_on": day},
    scope="dealer",
    indexes=[("dealer",)],
)


@dealer_scope.on(DealerOnboarded, uses=("territory", "branch", "region"))
def placed(e: Any) -> Patch:
    """Who sees the dealer follows from its territory."""
    data = e.data
    return Patch(key=(e.subject,), set={"territory": data.territory, "branch": data.branch, "region": data.region})


@dealer.on(DealerOnboarded, uses=("code", "name", "territory", "branch", "region", "onboarded_on"))
def onboarded(e: Any) -> Patch:
    """A dealer that may trade."""
    data = e.data
    return Patch(
        key=(e.subject,),
        set={
            "code": data.code,
            "name": data.name,
            "status": "onboarded",
            "territory": data.territory,
            "branch": data.branch,
            "region": data.region,
            "onboarded_on": data.onboarded_on,
        },
    )


@dealer.on(DealerSuspended)
def suspended(e: Any) -> Patch:
    """Its orders are blocked; it is visited all the same."""
    return Patch(key=(e.subject,), set={"status": "suspended"})


@dealer.on(DealerReinstated)
def reinstated(e: Any) -> Patch:
    """Its orders flow again."""
    return Patch(key=(e.subject,), set={"status": "onboarded"})


@dealer.on(BasicCardRevised, uses=("changed", "name"))
def renamed(e: Any) -> list[Patch]:
    """A new name on the card is the dealer's."""
    return [Patch(key=(e.subject,), set={"name": e.data.name})] if "name" in e.data.changed else []


@dealer_reference.on(DealerOnboarded, uses=("references",))
def known_by(e: Any) -> list[Patch]:
    """Every number that a source system knows the dealer by."""
    return [Patch(key=(each.source, each.number), set={"dealer": e.subject}) for each in e.data.references]


@onboarding.on(DealerOnboarded, uses=("code", "onboarded_on"))
def coded(e: Any) -> dict[str, Any]:
    """The code that breaks ties in a ranking, with the place of its event, so that a cut tells whether it was known."""
    return {"dealer": e.subject, "code": e.data.code, "onboarded_on": e.data.onboarded_on}
