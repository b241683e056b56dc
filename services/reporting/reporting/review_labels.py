"""What a credit review says of itself: its stages and steps, whose they are, and what is refused."""

from reporting.i18n import N_

INDICATORS_GRADED = (
    "annual_sales_scale", "monthly_sales", "payment_method", "payment_reputation", "business_nature", "licences",
    "premises", "years_in_business", "goods_flow",
)  # fmt: skip
"""The nine, by the names under which credit-rating takes an override."""

STAGES: dict[str, str] = {
    "none": N_("no review yet"),
    "open": N_("waits for a proposal"),
    "proposed": N_("waits for the audit"),
    "audited": N_("waits for the approval"),
    "rejected": N_("rejected"),
    "graded": N_("graded"),
}

STEPS: dict[str, str] = {
    "proposed": N_("proposed"),
    "audited": N_("audited"),
    "approved": N_("approved"),
    "returned": N_("returned"),
    "rejected": N_("rejected"),
}

ROLES: dict[str, str] = {
    "branch_manager": N_("branch sales manager"),
    "branch_general_manager": N_("branch general manager"),
    "regional_director": N_("regional marketing director"),
}

PROBLEMS: dict[str, tuple[str, str]] = {
    "stage-wrong": (N_("Not at this step"), N_("Read the review: it waits for another step.")),
    "same-person": (N_("Three different people"), N_("Ask somebody who has not acted on this review.")),
    "not-entitled": (N_("Not your step"), N_("Ask whose step it is, or have it delegated to you.")),
    "no-review": (N_("No review under way"), N_("Open a review first.")),
    "review-open": (N_("A review is under way"), N_("Go on with the review that is open.")),
    "override-without-effect": (N_("Override without effect"), N_("Leave out what the facts give anyway.")),
    "survey-missing": (N_("No survey"), N_("Answer the dealer's survey first.")),
    "survey-out-of-date": (N_("Survey out of date"), N_("Answer the dealer's survey anew.")),
    "no-policy": (N_("No policy in force"), N_("Publish a policy that is in force on that day.")),
}
"""Code → title and advice of what credit-rating refuses to our pages; its own words, held by tests/contract."""
