"""What this service refuses, beside what the kit refuses for all."""

from service.problems import Kind

PROBLEMS = {
    "unknown-dealer": Kind(409, "Unknown dealer", "Onboard the dealer first, or repeat in a moment.", 1),
    "document-conflict": Kind(409, "Number already used", "Correct the number, or reverse the entry that bears it."),
    "other-currency": Kind(422, "Other currency", "Convert the amount into the installation's currency."),
    "future-date": Kind(422, "Date in the future", "Correct the date: at most one day ahead for a document."),
    "implausible-due-date": Kind(422, "Implausible due date", "Correct the due date or the invoice's date."),
    "order-not-open": Kind(409, "Order not open", "Read the order: it is cancelled, invoiced in full, or unknown."),
    "order-not-held": Kind(409, "Order not held", "Read the order: it is released, cancelled, invoiced or unknown."),
    "order-known": Kind(409, "Order number used", "Give the order a number of its own."),
    "not-authorised-for-region": Kind(403, "Not the director of this region", "Ask the director of the region."),
    "stage-wrong": Kind(409, "Not at this step", "Read the review: it waits for another step."),
    "same-person": Kind(403, "Three different people", "Ask somebody who has not acted on this review."),
    "not-entitled": Kind(403, "Not your step", "Ask whose step it is, or have it delegated to you."),
    "no-review": Kind(409, "No review under way", "Open a review first."),
    "review-open": Kind(409, "A review is under way", "Go on with the review that is open."),
    "unknown-indicator": Kind(422, "Unknown indicator", "Name one of the nine indicators."),
    "override-without-effect": Kind(422, "Override without effect", "Leave out what the facts give anyway."),
    "survey-missing": Kind(409, "No survey", "Answer the dealer's survey first.", 1),
    "survey-out-of-date": Kind(409, "Survey out of date", "Answer the dealer's survey anew.", 1),
    "previous-grade-changed": Kind(409, "Grade changed", "Read the grade in force and propose again."),
    "later-grade-in-force": Kind(409, "Later grade in force", "Rate as of a later day."),
    "delegation-to-oneself": Kind(422, "Delegated to oneself", "Name another person."),
    "dates-implausible": Kind(422, "Implausible dates", "Correct the first or the last day."),
    "no-limit": Kind(409, "No limit yet", "Have the dealer graded first."),
    "no-override": Kind(409, "No override in force", "Read the limit: the computed one counts."),
    "no-policy": Kind(409, "No policy in force", "Publish a policy that is in force on that day.", 1),
}
