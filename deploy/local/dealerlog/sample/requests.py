"""Single writes: organisation, dealers and surveys; the only file that knows their paths and members."""

from __future__ import annotations

from datetime import date

from dealerlog.sample.dealers import Dealer
from dealerlog.sample.draws import Draws
from dealerlog.sample.organisation import Branch, Organisation, Person, Region, Territory
from dealerlog.sample.rows import reference
from dealerlog.sample.step import REGISTRY, IdOf, Json, Step
from dealerlog.sample.surveys import Survey

CHECKLIST = (
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
)


def define_region(people: Organisation, region: Region) -> Step:
    """A region comes into being."""
    body = {"code": region.code, "name": region.name}
    return Step(REGISTRY, "POST", "/regions", people.head_of_marketing, f"region-{region.code}", body)


def define_branch(people: Organisation, branch: Branch) -> Step:
    """A branch in its region."""
    body = {"code": branch.code, "name": branch.name, "region": branch.region}
    return Step(REGISTRY, "POST", "/branches", people.head_of_marketing, f"branch-{branch.code}", body)


def define_territory(people: Organisation, branch: Branch, territory: Territory) -> Step:
    """A territory in its branch."""
    body = {"code": territory.code, "name": territory.name, "branch": branch.code}
    key = f"territory-{territory.code}"
    return Step(REGISTRY, "POST", "/territories", people.head_of_marketing, key, body, thing=key)


def register_representative(people: Organisation, branch: Branch, person: Person) -> Step:
    """A representative of a branch."""
    body = {"login": person.login, "name": person.name, "branch": branch.code}
    key = f"representative-{person.login}"
    return Step(REGISTRY, "POST", "/representatives", people.head_of_marketing, key, body, thing=key)


def assign_representative(people: Organisation, territory: Territory, since: date) -> Step:
    """Who covers a territory from a date on."""
    return Step(
        REGISTRY,
        "POST",
        f"/territories/{territory.code}/representative",
        people.head_of_marketing,
        f"assignment-{territory.code}",
        {"representative": territory.representative.login, "since": since.isoformat()},
        thing=f"territory-{territory.code}",
    )


def submit(seed: int, dealer: Dealer) -> Step:
    """The branch manager proposes a dealer."""
    scores = Draws(seed, "checklist", dealer.number)
    body = {
        "name": dealer.name,
        "territory": dealer.territory.code,
        "channel_level": dealer.level.code,
        "cooperation": dealer.cooperation,
        "supplier": IdOf(dealer.supplier) if dealer.supplier else None,
        "county": dealer.county,
        "country": "CN",
        "references": [reference(dealer)],
        "terms": {"method": dealer.terms.method, "term_days": dealer.terms.term_days},
        "forecast_monthly_sales": f"{dealer.forecast}.00",
        "checklist": {item: scores.between(3, 5) for item in CHECKLIST},
    }
    return _file("POST", "/dealers", dealer, dealer.branch.manager, "submit", body, names=True)


def review(dealer: Dealer) -> Step:
    """The branch general manager agrees."""
    body = {"comment": "资料齐全，同意上报。"}
    return _file("POST", "/dealers/{dealer}/review", dealer, dealer.branch.general_manager, "review", body)


def approve(people: Organisation, dealer: Dealer) -> Step:
    """The head of marketing approves: the dealer is onboarded, as of the day it joined."""
    body = {"onboarded_on": dealer.joined.isoformat()}
    return _file("POST", "/dealers/{dealer}/approve", dealer, people.head_of_marketing, "approve", body)


def revise_card(dealer: Dealer) -> Step:
    """The basic card, as far as the branch knows it."""
    body = {
        "address": dealer.address,
        "phones": [dealer.phone],
        "legal_representative": dealer.contact,
        "owner": dealer.contact,
        "tax_id": dealer.tax_id,
        "first_contact_by": dealer.representative.name,
    }
    return _file("POST", "/dealers/{dealer}/card", dealer, dealer.branch.manager, "card", body)


def suspend(people: Organisation, dealer: Dealer) -> Step:
    """No more goods from a day on."""
    assert dealer.suspension
    body = {"reason": dealer.suspension.reason, "on": dealer.suspension.on.isoformat()}
    return _file("POST", "/dealers/{dealer}/suspend", dealer, people.head_of_marketing, "suspend", body)


def answer_survey(survey: Survey) -> Step:
    """What the representative found."""
    body = {
        "surveyed_on": survey.surveyed_on.isoformat(),
        "annual_turnover": f"{survey.annual_turnover}.00",
        "nature": survey.nature,
        "licences": survey.licences,
        "premises": survey.premises,
        "founded_on": survey.founded_on.isoformat(),
        "demand": survey.demand,
        "influence": survey.influence,
    }
    if survey.licences_expire_on:
        body["licences_expire_on"] = survey.licences_expire_on.isoformat()
    number = survey.dealer.number
    key = f"survey-{number}-{survey.surveyed_on:%Y%m%d}"
    actor = survey.dealer.representative
    return Step(REGISTRY, "POST", "/dealers/{dealer}/survey", actor, key, body, thing=f"survey-{number}", dealer=number)


def _file(method: str, path: str, dealer: Dealer, actor: Person, act: str, body: Json, *, names: bool = False) -> Step:
    number = dealer.number
    key, thing = f"{act}-{number}", f"file-{number}"
    return Step(REGISTRY, method, path, actor, key, body, thing=thing, dealer=number, names=names)
