"""customer-registry: who the dealers are and what we know about them (domain.md 1)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from events.catalogue import Event, Part, streams
from events.fields import Amount, Days, Id, PaymentTerms, Percent, Turnover
from events.recorded import Code, Name, Said, Text
from events.types import shapes

STREAMS = streams(
    "customer-registry",
    {
        "region": "edited",
        "branch": "edited",
        "territory": "edited",
        "group": "edited",
        "representative": "edited",
        "file": "edited",
        "survey": "edited",
        "contacts": "facts",
        "import": "edited",
    },
)

ChannelLevel = Literal["general_distributor", "distributor", "wholesaler", "retailer", "chain", "project", "industry"]
Cooperation = Literal["dealer", "agent"]
ChecklistItem = Literal[
    "distribution_capability",
    "capital_strength",
    "willingness",
    "enthusiasm",
    "operating_ability",
    "reputation",
    "social_relations",
    "legal_papers",
    "distribution_network",
    "concept_match",
    "scale_match",
    "character_match",
    "controllable_growth",
    "controllable_risk",
]
Nature = Literal["state_owned", "listed", "chain", "company", "sole_trader"]
Licences = Literal["complete_valid", "complete_expiring", "missing_or_expired"]
Premises = Literal["local_owned", "local_leased", "not_local"]
ContactMethod = Literal["visit", "call", "message", "meeting"]


class Reference(Part):
    """The number under which a source system knows the dealer; it finds the dealer (domain.md 0)."""

    source: Code
    number: Code


class Terms(Part):
    """Agreed terms of payment; `term_days` counts from the invoice date."""

    method: PaymentTerms
    term_days: Days


class RegionDefined(Event, owner="customer-registry", stream="region"):
    """A region (大区) exists, or has a new name."""

    code: Code
    name: Name


class BranchDefined(Event, owner="customer-registry", stream="branch"):
    """A branch (分支机构) exists in a region, or was renamed or moved."""

    code: Code
    name: Name
    region: Code


class TerritoryDefined(Event, owner="customer-registry", stream="territory"):
    """A territory exists in a branch, or was renamed or moved."""

    code: Code
    name: Name
    branch: Code
    region: Code


class RepresentativeAssigned(Event, owner="customer-registry", stream="territory"):
    """A sales representative (业务员) owns a territory from a date on (定人定域, domain.md 3.6)."""

    territory: Code
    representative: Code
    since: date


class RepresentativeRegistered(Event, owner="customer-registry", stream="representative"):
    """A sales representative works in a branch, or has a new name or branch."""

    login: Code
    name: Name
    branch: Code


class DealerSubmitted(Event, owner="customer-registry", stream="file"):
    """A branch sales manager proposes a dealer: step one of three (domain.md 1.1).

    `checklist` holds scores 0–5; `waiver` is the reason why a must may be missing; `forecast_monthly_sales` in the
    installation's currency.
    """

    name: Name
    territory: Code
    branch: Code
    region: Code
    channel_level: ChannelLevel
    cooperation: Cooperation
    supplier: Id | None = None
    county: Name | None = None
    country: Name | None = None
    references: Annotated[tuple[Reference, ...], Field(max_length=20)] = ()
    terms: Terms
    forecast_monthly_sales: Amount
    submitted_by: Code
    waiver: Said | None = None
    checklist: dict[ChecklistItem, Annotated[int, Field(ge=0, le=5)]] | None = None


class DealerReviewed(Event, owner="customer-registry", stream="file"):
    """The branch general manager has reviewed the submission: step two of three."""

    by: Code
    comment: Text = ""


class DealerReturned(Event, owner="customer-registry", stream="file"):
    """The submission went back to its author, with what has to change."""

    by: Code
    reason: Said


class DealerRejected(Event, owner="customer-registry", stream="file"):
    """The submission was refused for good."""

    by: Code
    reason: Said


class DealerOnboarded(Event, owner="customer-registry", stream="file"):
    """The head of marketing approved: the dealer has a code and may trade; step three of three (domain.md 1.1)."""

    code: Code
    name: Name
    territory: Code
    branch: Code
    region: Code
    channel_level: ChannelLevel
    cooperation: Cooperation
    supplier: Id | None = None
    county: Name | None = None
    country: Name | None = None
    references: Annotated[tuple[Reference, ...], Field(max_length=20)] = ()
    terms: Terms
    forecast_monthly_sales: Amount
    submitted_by: Code
    reviewed_by: Code
    approved_by: Code
    onboarded_on: date


class DealerSuspended(Event, owner="customer-registry", stream="file"):
    """Orders of the dealer are blocked from this day on."""

    reason: Said
    by: Code
    on: date


class DealerReinstated(Event, owner="customer-registry", stream="file"):
    """The dealer may order again from this day on."""

    reason: Said
    by: Code
    on: date


class DealerTermsChanged(Event, owner="customer-registry", stream="file"):
    """Other terms of payment were agreed with the dealer, from a day on; its credit limit follows (domain.md 2.7)."""

    terms: Terms
    reason: Said
    by: Code
    on: date


class OwnerGroupDefined(Event, owner="customer-registry", stream="group"):
    """An owner group has this name: dealers of one owner, checked against one limit together (domain.md 2.7)."""

    code: Code
    name: Name


class DealerJoinedGroup(Event, owner="customer-registry", stream="file"):
    """The dealer belongs to an owner group; the card's free text decides nothing."""

    group: Code
    reason: Said
    by: Code
    on: date


class DealerLeftGroup(Event, owner="customer-registry", stream="file"):
    """The dealer belongs to its owner group no more."""

    group: Code
    reason: Said
    by: Code
    on: date


class BasicCardRevised(Event, owner="customer-registry", stream="file"):
    """The basic card (客户资料卡) was revised: `changed` names the fields that this revision sets (domain.md 1.2).

    A field that is not named in `changed` is null here and keeps its value; one that is named and null was emptied.
    `floor_area` in square metres.
    """

    changed: Annotated[tuple[Code, ...], Field(min_length=1, max_length=40)]
    by: Code
    name: Name | None = None
    aliases: Annotated[tuple[Name, ...], Field(max_length=20)] | None = None
    address: Text | None = None
    postcode: Code | None = None
    phones: Annotated[tuple[Code, ...], Field(max_length=20)] | None = None
    fax: Code | None = None
    floor_area: Annotated[int, Field(ge=0, le=10**7)] | None = None
    legal_representative: Name | None = None
    owner: Name | None = None
    operator: Name | None = None
    founded_on: date | None = None
    tax_id: Code | None = None
    bank: Name | None = None
    bank_account: Code | None = None
    business_scope: Text | None = None
    brands: Annotated[tuple[Name, ...], Field(max_length=100)] | None = None
    settlement: Text | None = None
    delivery: Text | None = None
    after_sales: Text | None = None
    first_contact_on: date | None = None
    first_contact_by: Name | None = None
    owner_group: Name | None = None


class SurveyAnswered(Event, owner="customer-registry", stream="survey", version=2):
    """What a representative found at the dealer's; it gives the indicators that facts do not (domain.md 2.3, 3.4).

    `annual_turnover` is the dealer's own, in the installation's currency; `demand` and `influence` are 0–100.
    `licences_expire_on` is the last day of the licence that expires first; version 1 did not have it.
    """

    surveyed_on: date
    annual_turnover: Turnover
    nature: Nature
    licences: Licences
    premises: Premises
    founded_on: date
    demand: Percent
    influence: Percent
    by: Code
    licences_expire_on: date | None = None


class VisitLogged(Event, owner="customer-registry", stream="contacts", version=2):
    """A visit, with what succeeded, what fell short and the lesson, which must be written (domain.md 1.5).

    Version 1 held `participants` as one string, separated by 、 or a comma.
    """

    visited_on: date
    method: ContactMethod
    place: Text
    participants: Annotated[tuple[Name, ...], Field(max_length=50)]
    content: Said
    succeeded: Said
    fell_short: Said
    lesson: Said
    next_appointment: date | None = None
    next_plan: Text | None = None
    representative: Code


class DealerImportStarted(shapes.ImportStarted, owner="customer-registry", stream="import"):
    """A file of dealers, cards or visits began to be read."""


class DealerImportCompleted(shapes.ImportCompleted, owner="customer-registry", stream="import"):
    """Every row of a file of dealers, cards or visits has its verdict."""


class DealerImportUndone(shapes.ImportUndone, owner="customer-registry", stream="import"):
    """What a file of dealers, cards or visits brought in was reversed."""
