"""What due diligence and suspicious papers say of themselves: codes, events and fields."""

from reporting.i18n import N_

CODES: dict[str, str] = {
    "identity_and_standing": N_("identity and standing"),
    "character": N_("character"),
    "finances_and_stock": N_("finances and stock"),
    "use_of_credit": N_("real use of the credit"),
    "ability_to_pay": N_("ability to pay"),
    "papers_complete": N_("papers complete"),
    "satisfactory": N_("satisfactory"),
    "reservations": N_("reservations"),
    "unsatisfactory": N_("unsatisfactory"),
    "recommended": N_("recommended"),
    "recommended_with_conditions": N_("recommended with conditions"),
    "against": N_("against"),
    "diligence": N_("due diligence"),
    "business_licence": N_("business licence"),
    "tax_certificate": N_("tax certificate"),
    "identity_paper": N_("identity paper"),
    "bank_statement": N_("bank statement"),
    "accounts": N_("accounts"),
    "lease": N_("lease"),
    "title_deed": N_("title deed"),
    "contract": N_("contract"),
    "guarantee_letter": N_("letter of guarantee"),
    "other_paper": N_("other paper"),
}

EVENTS: dict[str, str] = {
    "DueDiligenceOpened": N_("Due diligence opened"),
    "DueDiligenceAnswered": N_("Due diligence: item answered"),
    "FeasibilityStated": N_("Feasibility opinion stated"),
    "DueDiligenceSubmitted": N_("Due diligence submitted"),
    "DueDiligenceApproved": N_("Due diligence approved"),
    "DueDiligenceReturned": N_("Due diligence returned"),
    "DueDiligenceRejected": N_("Due diligence rejected"),
    "SuspiciousPaperReported": N_("Suspicious paper reported"),
    "SuspicionConfirmed": N_("Suspicion of a paper confirmed"),
    "SuspicionDismissed": N_("Suspicion of a paper dismissed"),
    "SuspicionCleared": N_("Suspicious paper cleared"),
    "CreditFollowedUp": N_("Follow-up visit"),
}

FIELDS: dict[str, str] = {
    "conditions": N_("conditions"),
    "finances": N_("finances"),
    "finding": N_("finding"),
    "item": N_("item"),
    "next_steps": N_("next steps"),
    "note": N_("note"),
    "paper": N_("paper"),
    "picture_holds": N_("the picture holds"),
    "stock": N_("stock"),
    "use_of_credit": N_("real use of the credit"),
}
