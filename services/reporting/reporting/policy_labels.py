"""What a credit policy says of itself: its parts, how its versions and drafts stand, and what is refused of them."""

from reporting import labels
from reporting.i18n import N_

SECTIONS = (
    "name", "version", "effective_from", "indicators", "grades", "limit", "check", "ageing", "provision", "limitation",
    "collection", "five_c",
)  # fmt: skip

STATES: dict[str, str] = {
    "in_force": N_("in force"),
    "approved": N_("approved, to come"),
    "superseded": N_("superseded"),
    "drafting": N_("being written"),
    "submitted": N_("waits for approval"),
    "withdrawn": N_("withdrawn"),
    "published": N_("approved and published"),
}
"""Of versions and drafts; a draft that is approved is `published`."""

STEPS: dict[str, str] = {
    "drafted": N_("written"),
    "revised": N_("written otherwise"),
    "submitted": N_("submitted"),
    "returned": N_("returned"),
    "withdrawn": N_("withdrawn"),
    "approved": N_("approved"),
}

PARTS: dict[str, str] = labels.INDICATORS | labels.RULE_PARTS | labels.CODES | {
    "version": N_("Version"),
    "effective_from": N_("In force from"),
    "indicators": N_("Indicators"),
    "survey_months": N_("a survey counts for so many months"),
    "window_months": N_("months of the window"),
    "months": N_("months"),
    "share": N_("share"),
    "credit_days": N_("days of short credit"),
    "days_late": N_("days late at most"),
    "known": N_("share with a known place"),
    "no_history": N_("without history"),
    "grades": N_("Table of grades"),
    "limit": N_("Limit"),
    "short_months": N_("months of the short mean"),
    "long_months": N_("months of the long mean"),
    "term_base_days": N_("days of the base term"),
    "coefficients": N_("coefficient of grade"),
    "season": N_("season"),
    "floor": N_("at least"),
    "ceiling": N_("at most"),
    "new_dealer": N_("new dealer"),
    "start": N_("share at the start"),
    "per_quarter": N_("more for each quarter on time"),
    "cap": N_("cap"),
    "unit": N_("rounded down to"),
    "check": N_("Credit check"),
    "overdue": N_("overdue"),
    "days": N_("days"),
    "total": N_("total"),
    "cash_only_grade": N_("cash only from grade"),
    "ageing": N_("Ageing"),
    "limits": N_("upper limits of the columns"),
    "provision": N_("Provision"),
    "shares": N_("shares"),
    "limitation": N_("Limitation"),
    "years": N_("years"),
    "warn_days": N_("days of warning"),
    "collection": N_("Collection"),
    "stages": N_("stages"),
    "from_days": N_("from so many days"),
    "action": N_("action"),
    "channel": N_("channel"),
    "dunning": N_("demands payment"),
    "by_clock": N_("by the clock"),
    "minimum": N_("at least so much overdue"),
    "promise_decided_after_days": N_("days after a promise"),
    "five_c": N_("5C assessment"),
    "weights": N_("weights"),
    "character": N_("character"),
    "capacity": N_("capacity"),
    "capital": N_("capital"),
    "collateral": N_("collateral"),
    "conditions": N_("conditions"),
    "valid_months": N_("counts for so many months"),
    "below": N_("below"),
    "grade": N_("grade"),
}  # fmt: skip
"""Members of a policy document; what is not here is shown as it is written."""

PROBLEMS: dict[str, tuple[str, str]] = {
    "stage-wrong": (N_("Not at this step"), N_("Read the draft: it waits for another step.")),
    "same-person": (N_("Another person"), N_("Who wrote or submitted a draft does not approve it: ask somebody else.")),
    "no-draft": (N_("No such draft under way"), N_("Read the drafts: it was published or withdrawn.")),
    "too-many-drafts": (N_("Too many drafts"), N_("Withdraw a draft that nobody needs.")),
    "policy-invalid": (N_("Not a policy"), N_("Correct each line that is named.")),
    "policy-misnamed": (
        N_("Policy misnamed"), N_("Publish it under the name that decisions are taken under."),
    ),
    "policy-version-not-new": (N_("Version already published"), N_("Give the document a higher version.")),
    "policy-effective-too-early": (
        N_("Effective too early"), N_("Let it begin after today, and after the version before it."),
    ),
}  # fmt: skip
"""Code → title and advice of what credit-rating refuses to forms of policies."""
