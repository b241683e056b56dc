"""A suspicious paper blocks every approval until another person settles it; a confirmed one until it is cleared."""

from decimal import Decimal

import pytest
from diligence_forms import COMPLETE, SUBMIT, TODAY, after, refused

from credit_rating.domain.credit_file import CREDIT_FILE, CreditFile
from credit_rating.domain.diligence import (
    DILIGENCE,
    ApproveDiligence,
    Diligence,
)
from credit_rating.domain.review import Actor, ApproveGrade, Review
from credit_rating.domain.suspicion import MOST, ClearSuspicion, ReportPaper, SettleSuspicion
from events import DueDiligenceApproved, SuspicionCleared, SuspicionConfirmed, SuspicionDismissed
from events.decider import Refused

APPROVE = ApproveDiligence(by=Actor(login="gao"), today=TODAY)
ONE = "00000000-0000-7000-8000-00000000000a"
REPORT = ReportPaper(suspicion=ONE, paper="lease", number="L-7", reason="The seal is a copy.", by="li", today=TODAY)


def settle(outcome, by="gao"):
    return SettleSuspicion(suspicion=ONE, outcome=outcome, reason="Asked the office.", by=by, today=TODAY)


CLEAR = ClearSuspicion(suspicion=ONE, reason="A new lease was signed.", by="he", today=TODAY)


@pytest.mark.parametrize("before", [(REPORT,), (REPORT, settle("confirmed"))])
def test_neither_a_diligence_nor_a_review_is_approved_while_a_paper_is_suspicious(before):
    known = after(*before, *COMPLETE, SUBMIT)
    error = refused(known, APPROVE)
    assert error.code == "papers-suspicious" and "lease L-7" in error.detail
    assert [(each["id"], each["paper"], each["number"]) for each in error.extras["suspicions"]] == [
        (ONE, "lease", "L-7")
    ]
    audited = CreditFile(review=Review(TODAY, "audited", {}, ()))
    with pytest.raises(Refused) as of_review:
        CREDIT_FILE.decide(audited, ApproveGrade(by=Actor(login="lin"), suspicions=known.suspicions))
    assert of_review.value.code == "papers-suspicious"


def test_the_refusal_says_who_settles_it():
    assert "somebody else than li confirms or dismisses it" in refused(after(REPORT, *COMPLETE, SUBMIT), APPROVE).detail
    confirmed = after(REPORT, settle("confirmed"), *COMPLETE, SUBMIT)
    assert "the credit controller clears it" in refused(confirmed, APPROVE).detail


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((settle("dismissed"),), SuspicionDismissed),
        ((settle("confirmed"), CLEAR), SuspicionCleared),
    ],
)
def test_a_dismissed_or_cleared_one_blocks_no_more(steps, kind):
    assert isinstance(DILIGENCE.decide(after(REPORT, *steps[:-1]), steps[-1])[0], kind)
    known = after(REPORT, *steps, *COMPLETE, SUBMIT)
    assert known.suspicions == () and isinstance(DILIGENCE.decide(known, APPROVE)[0], DueDiligenceApproved)


def test_nobody_settles_their_own_report_and_only_a_confirmed_one_is_cleared():
    assert refused(after(REPORT), settle("dismissed", by="li")).code == "own-proposal"
    assert isinstance(DILIGENCE.decide(after(REPORT), settle("confirmed"))[0], SuspicionConfirmed)
    for known, command in (
        (after(REPORT), CLEAR),
        (after(REPORT, settle("confirmed")), settle("dismissed")),
        (after(REPORT, settle("dismissed")), settle("confirmed")),
        (Diligence(), settle("dismissed")),
    ):
        assert refused(known, command).code == "suspicion-settled"


def test_a_paper_is_reported_once_at_a_time_and_reports_are_bounded():
    assert refused(after(REPORT), REPORT.model_copy(update={"suspicion": "another"})).code == "suspicion-reported"
    many = [REPORT.model_copy(update={"number": str(n), "suspicion": str(n)}) for n in range(MOST)]
    full = Diligence()
    for n, each in enumerate(many):
        id_ = f"00000000-0000-7000-8000-{n:012d}"
        full = DILIGENCE.fold(full, DILIGENCE.decide(full, each.model_copy(update={"suspicion": id_})))
    assert refused(full, REPORT).code == "too-many-open"


def test_an_approval_leaves_what_it_covers_when_a_paper_is_reported_later():
    known = after(*COMPLETE, SUBMIT, APPROVE, REPORT)
    assert known.covers == Decimal("80000.00") and len(known.suspicions) == 1
