"""customer-registry, wired: `python -m customer_registry.app [serve|migrate|routes]`."""

from __future__ import annotations

from customer_registry import projections, reactions
from customer_registry.api import (
    approval,
    branches,
    cards,
    changes,
    dealers,
    groups,
    history,
    onboarding,
    regions,
    representatives,
    submission,
    surveys,
    territories,
    visits,
)
from customer_registry.domain.branch import BRANCH
from customer_registry.domain.dealer import DEALER
from customer_registry.domain.owner_group import OWNER_GROUP
from customer_registry.domain.region import REGION
from customer_registry.domain.representative import REPRESENTATIVE
from customer_registry.domain.survey import SURVEY
from customer_registry.domain.territory import TERRITORY
from customer_registry.imports import IMPORTING
from customer_registry.permissions import PERMISSIONS
from service.app import Service
from service.imports.api import imports_of
from service.imports.problems import PROBLEMS as IMPORT_PROBLEMS
from service.imports.working import import_loop
from service.problems import Kind

RETRYABLE = 1
PROBLEMS: dict[str, Kind] = {
    "unknown-dealer": Kind(409, "Unknown dealer", "Onboard it first, or repeat in a moment.", RETRYABLE),
    "unknown-supplier": Kind(409, "Unknown supplier", "Onboard the supplier first."),
    "unknown-territory": Kind(409, "Unknown territory", "Define the territory first."),
    "unknown-branch": Kind(409, "Unknown branch", "Define the branch first."),
    "unknown-region": Kind(409, "Unknown region", "Define the region first."),
    "terms-unchanged": Kind(422, "Terms unchanged", "Change the method or the days, or leave the terms as they are."),
    "unknown-group": Kind(409, "Unknown owner group", "Define the owner group first."),
    "in-a-group": Kind(409, "In another group", "Let the dealer leave the group that the detail names first."),
    "in-no-group": Kind(409, "In no group", "Leave the dealer as it is."),
    "unknown-representative": Kind(409, "Unknown representative", "Register the representative first."),
    "branch-fixed": Kind(409, "Branch stays in its region", "Define a branch of another code in the other region."),
    "territory-fixed": Kind(
        409, "Territory stays in its branch", "Define a territory of another code in the other branch."
    ),
    "representative-elsewhere": Kind(409, "Representative of another branch", "Name one of the territory's branch."),
    "representative-other": Kind(403, "Another's visit", "Log your own visits, or ask the branch to log it."),
    "stage-wrong": Kind(409, "Not at this stage", "Do what the detail names as the next step."),
    "same-person": Kind(403, "Same person", "Leave this step to somebody else: an approval takes three people."),
    "before-last-change": Kind(422, "Before the last change", "Choose a day on or after it."),
    "date-in-future": Kind(422, "Date in the future", "Correct the date; one day ahead is accepted."),
    "musts-not-met": Kind(422, "Musts not met", "Score every must with 3 or more, or give a waiver with its reason."),
    "supplier-itself": Kind(422, "Supplies itself", "Name the dealer above, or none."),
    "reference-repeated": Kind(422, "Reference repeated", "Name each number once."),
    "card-unchanged": Kind(422, "Card unchanged", "Change a field, or leave the card as it is."),
    "name-emptied": Kind(422, "Name emptied", "Give another name, or leave it out."),
    "founded-after-survey": Kind(422, "Founded after the survey", "Correct one of the two dates."),
    "founded-absurd": Kind(422, "Founding date absurd", "Check the year."),
    "lesson-without-substance": Kind(422, "Nothing written", "Write what happened in the fields that are named."),
    "appointment-before-visit": Kind(422, "Appointment before the visit", "Correct one of the two dates."),
}

SERVICE = Service(
    name="customer-registry",
    title="Customer registry",
    description="Who the dealers are and what we know about them.",
    routers=[
        regions.router,
        branches.router,
        territories.router,
        representatives.router,
        submission.router,
        approval.router,
        onboarding.router,
        cards.router,
        surveys.router,
        visits.router,
        dealers.router,
        groups.router,
        history.router,
        changes.router,
        imports_of(IMPORTING),
    ],
    permissions=PERMISSIONS,
    tables=projections.TABLES,
    deciders=[REGION, BRANCH, TERRITORY, REPRESENTATIVE, OWNER_GROUP, DEALER, SURVEY, IMPORTING.decider],
    reactions=reactions.REACTIONS,
    problems=IMPORT_PROBLEMS | PROBLEMS,
    loops=lambda runtime: (import_loop(IMPORTING, runtime),),
)

if __name__ == "__main__":
    raise SystemExit(SERVICE.main())
