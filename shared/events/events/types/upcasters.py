"""How every older version of a shipped type becomes the next."""

import re
from typing import Any

from events.upcasting import upcast


@upcast("VisitLogged", from_version=1)
def participants_become_a_list(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 wrote the participants as one text, separated by 、 or a comma of either width."""
    names = (name.strip() for name in re.split("[、,，]", data.get("participants") or ""))
    return {**data, "participants": [name for name in names if name]}


@upcast("RatingRunCompleted", from_version=1)
def the_excluded_are_counted(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 named whom the run left out and did not say how many; from version 2 each has an event of its own."""
    return {**data, "left_out": len(data.get("excluded") or ())}


@upcast("CreditReviewOpened", from_version=1)
def nobody_asked_for_the_review(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """In version 1 reviews opened by date alone."""
    return {**data, "reason": None}


@upcast("ClassificationRunStarted", from_version=1)
def nobody_was_excluded(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 did not start while a stream was parked, so it left nobody out."""
    return {**data, "excluded": []}


@upcast("CreditNoteIssued", from_version=1)
def its_purpose_is_not_known(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 said in words alone what a credit note is for."""
    return {**data, "purpose": None, "claim": None}


@upcast("LedgerEntryReversed", from_version=1)
def fewer_kinds_were_reversed(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew five kinds of entries; version 2 knows more, and these by the same names."""
    return data


@upcast("LedgerEntryReversed", from_version=2)
def allocations_were_not_reversed(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Version 2 knew no money that was allocated later."""
    return data


@upcast("SaleRecorded", from_version=1)
@upcast("SaleReturned", from_version=1)
def what_was_sold_was_sold_to_the_dealer(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 was sell-in only, and said nothing of where goods went."""
    return {**data, "direction": "sell_in", "ship_to": None, "ship_to_territory": None}


@upcast("SurveyAnswered", from_version=1)
def when_licences_expire_was_not_asked(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 kept the class of the papers alone."""
    return {**data, "licences_expire_on": None}


@upcast("CreditGradeAssigned", from_version=1)
def no_assessment_capped_the_grade(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """In version 1 grades came from the indicators alone."""
    return {**data, "cap": None}


@upcast("CreditGradeProposed", from_version=1)
def no_assessment_capped_the_proposal(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """In version 1 proposed grades came from the indicators and their overrides alone."""
    return {**data, "cap": None}


@upcast("CreditGradeProposed", from_version=2)
def no_due_diligence_was_asked_for_the_proposal(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """In version 2 no policy asked for due diligence."""
    return {**data, "limit": {**data["limit"], "diligence": None}}


@upcast("CreditLimitSet", from_version=1)
def no_due_diligence_was_asked_for(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """In version 1 no policy asked for due diligence."""
    return {**data, "diligence": None}


@upcast("CreditLimitRecomputed", from_version=1)
def no_due_diligence_was_asked_for_anew(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """In version 1 no policy asked for due diligence, and none had a limit computed anew."""
    return {**data, "diligence": None}


@upcast("OrderPlaced", from_version=1)
def no_invoice_came_before_the_order(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """In version 1 an invoice that came before its order took nothing of it."""
    return {**data, "invoiced": None}


@upcast("ReservationUsed", from_version=1)
def the_rest_of_the_invoice_was_not_kept(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 said what an invoice used, and nothing of what it named beyond that."""
    return {**data, "beyond": None}


@upcast("ReservationReturned", from_version=1)
def the_rest_of_the_invoice_was_not_returned(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """In version 1 an invoice returned what it had used."""
    return {**data, "beyond": None}
