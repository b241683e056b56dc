"""credit-rating: due diligence of a dealer before credit is given or raised (domain.md 2.9)."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from events.catalogue import Event
from events.fields import Amount, Hash, Id
from events.recorded import Code, Said, Text

DiligenceItem: TypeAlias = Literal[
    "identity_and_standing", "character", "finances_and_stock", "use_of_credit", "ability_to_pay", "papers_complete"
]
"""The checklist; `use_of_credit` is what the credit is really used for (真实用途)."""
Finding: TypeAlias = Literal["satisfactory", "reservations", "unsatisfactory"]
Feasibility: TypeAlias = Literal["recommended", "recommended_with_conditions", "against"]
Evidence = Annotated[tuple[Hash, ...], Field(max_length=10)]
"""SHA-256 of files."""


class DueDiligenceOpened(Event, owner="credit-rating", stream="diligence"):
    """Somebody began to look into a dealer that is to get credit, or more of it (尽职调查); `purpose` says why."""

    diligence: Id
    purpose: Said
    opened_on: date
    by: Code


class DueDiligenceAnswered(Event, owner="credit-rating", stream="diligence"):
    """An item of the checklist was answered, or answered anew: what was found, in words, and files that show it."""

    diligence: Id
    item: DiligenceItem
    finding: Finding
    comment: Said
    files: Evidence = ()
    by: Code


class FeasibilityStated(Event, owner="credit-rating", stream="diligence"):
    """The feasibility opinion (可行性意见): for or against a limit of so much, under which conditions, and why."""

    diligence: Id
    opinion: Feasibility
    limit: Amount
    conditions: Text = ""
    reason: Said
    by: Code


class DueDiligenceSubmitted(Event, owner="credit-rating", stream="diligence"):
    """The form is complete and waits for its approval; `findings` by item, as they stand in it."""

    diligence: Id
    submitted_on: date
    findings: dict[DiligenceItem, Finding]
    opinion: Feasibility
    limit: Amount
    by: Code


class DueDiligenceApproved(Event, owner="credit-rating", stream="diligence"):
    """The manager approved what was submitted: from `approved_on` on it covers a limit of `limit` (domain.md 2.9).

    `acting_for` is who delegated the step. How long it counts, the policy says.
    """

    diligence: Id
    approved_on: date
    limit: Amount
    opinion: Feasibility
    conditions: Text = ""
    by: Code
    acting_for: Code | None = None
    note: Text = ""


class DueDiligenceReturned(Event, owner="credit-rating", stream="diligence"):
    """What was submitted goes back to be completed; what was answered stays."""

    diligence: Id
    reason: Said
    by: Code
    acting_for: Code | None = None


class DueDiligenceRejected(Event, owner="credit-rating", stream="diligence"):
    """No credit on this: the diligence is over and covers nothing."""

    diligence: Id
    reason: Said
    by: Code
    acting_for: Code | None = None


PaperKind: TypeAlias = Literal[
    "business_licence", "tax_certificate", "identity_paper", "bank_statement", "accounts", "lease", "title_deed",
    "contract", "guarantee_letter", "other_paper",
]  # fmt: skip


class SuspiciousPaperReported(Event, owner="credit-rating", stream="diligence"):
    """Somebody reported that a paper of the dealer looks forged or altered (可疑证件): which, why, a file of it (2.9).

    Until that is settled neither a due diligence nor a credit review of the dealer is approved.
    """

    suspicion: Id
    paper: PaperKind
    number: Code
    reason: Said
    file: Hash | None = None
    reported_on: date
    by: Code


class SuspicionConfirmed(Event, owner="credit-rating", stream="diligence"):
    """Another person found that the paper is not what it says; it goes on blocking approvals until it is cleared."""

    suspicion: Id
    paper: PaperKind
    number: Code
    reason: Said
    settled_on: date
    by: Code


class SuspicionDismissed(Event, owner="credit-rating", stream="diligence"):
    """Another person found that the paper is in order."""

    suspicion: Id
    paper: PaperKind
    number: Code
    reason: Said
    settled_on: date
    by: Code


class SuspicionCleared(Event, owner="credit-rating", stream="diligence"):
    """The credit controller cleared a confirmed suspicion, with a reason: it blocks no more."""

    suspicion: Id
    paper: PaperKind
    number: Code
    reason: Said
    cleared_on: date
    by: Code


class CreditFollowedUp(Event, owner="credit-rating", stream="follow-up"):
    """Somebody visited a dealer that has credit and looked again (回访): what was found, and what comes next (2.9).

    `picture_holds`: what the credit was given on still holds.
    """

    follow_up: Id
    visited_on: date
    use_of_credit: Said
    finances: Said
    stock: Said
    picture_holds: bool
    next_steps: Said
    files: Evidence = ()
    by: Code
