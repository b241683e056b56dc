"""What this service refuses, beside what the kit refuses for all."""

from service.problems import Kind

PROBLEMS = {
    "unknown-dealer": Kind(409, "Unknown dealer", "Onboard the dealer first, or repeat in a moment.", 1),
    "document-conflict": Kind(409, "Number already used", "Correct the number, or reverse the entry that bears it."),
    "other-currency": Kind(422, "Other currency", "Convert the amount into the installation's currency."),
    "future-date": Kind(422, "Date in the future", "Correct the date: at most one day ahead for a document."),
    "implausible-due-date": Kind(422, "Implausible due date", "Correct the due date or the invoice's date."),
    "order-not-open": Kind(409, "Order not open", "Read the order: it is cancelled, invoiced in full, or unknown."),
    "order-known": Kind(409, "Order number used", "Give the order a number of its own."),
    "not-authorised-for-region": Kind(403, "Not the director of this region", "Ask the director of the region."),
    "no-policy": Kind(409, "No policy in force", "Publish a policy that is in force on that day.", 1),
}
