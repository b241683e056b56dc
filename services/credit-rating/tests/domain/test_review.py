from datetime import date, timedelta
from decimal import Decimal

import pytest

from credit_rating.domain.credit_file import (
    CREDIT_FILE,
    CallReview,
    CreditFile,
    EscalateReview,
    OpenReview,
    ReopenReview,
    Watch,
)
from credit_rating.domain.rating import Rated
from credit_rating.domain.review import (
    Actor,
    ApproveGrade,
    AuditGrade,
    ProposeGrade,
    RejectReview,
    ReturnGrade,
    assigned,
    proposal_of,
)
from events import (
    CreditFileOpened,
    CreditGradeApproved,
    CreditGradeAssigned,
    CreditGradeAudited,
    CreditGradeReturned,
    CreditLimitSet,
    CreditReviewEscalated,
    CreditReviewOpened,
    CreditReviewRejected,
    CreditWatchEnded,
    CreditWatchStarted,
    FallenIndicator,
    PolicyRef,
)
from events.decider import Refused

POLICY = PolicyRef(name="credit", version=1, hash="0" * 64)
PROPOSAL = "00000000-0000-7000-8000-000000000001"
DUE, TODAY = date(2026, 2, 9), date(2026, 2, 3)
DAY = timedelta(days=1)
OPENED = CreditFileOpened(opened_on=date(2026, 1, 10), review_due=DUE)
REVIEW = CreditReviewOpened(review_due=DUE, opened_on=date(2026, 1, 26))
SALES, GENERAL, DIRECTOR = Actor(login="sun"), Actor(login="gao"), Actor(login="lin")
FOR_GAO = Actor(login="he", acting_for="gao")


def rated(grade=3, previous=None, run=PROPOSAL):
    common = {"run": run, "as_of": TODAY, "policy": POLICY, "cut": {"credit-rating": {"0": 7}}}
    return Rated(
        CreditGradeAssigned(
            grade=grade, previous_grade=previous, rule="all_b/all_b", indicators={}, approved_by="x", **common
        ),
        CreditLimitSet(
            limit=Decimal(100), m3=Decimal(1), m12=Decimal(1), season=Decimal(1), term_days=30, basis="history",
            coefficient=Decimal(1), **common,
        ),
    )  # fmt: skip


def propose(**said):
    return ProposeGrade(proposed=proposal_of(rated(**said), by=SALES.login, opinion="Pays on the day."))


def after(*commands, file=None):
    file = file or CREDIT_FILE.fold(CreditFile(), [OPENED, REVIEW])
    for command in commands:
        file = CREDIT_FILE.fold(file, CREDIT_FILE.decide(file, command))
    return file


def test_three_different_people_make_a_grade():
    audited = after(propose(), AuditGrade(by=GENERAL, opinion="Agreed."))
    events = CREDIT_FILE.decide(audited, ApproveGrade(by=DIRECTOR))
    assert [type(each) for each in events] == [CreditGradeApproved, CreditGradeAssigned, CreditLimitSet]
    assert (events[0].by, events[1].approved_by, events[1].run, events[2].run) == ("lin", "lin", PROPOSAL, PROPOSAL)
    file = CREDIT_FILE.fold(audited, events)
    assert (file.grade, file.review, file.review_due) == (3, None, date(2026, 5, 3))


def test_what_is_approved_is_byte_for_byte_what_was_rated():
    grade, limit = rated()
    again = assigned(proposal_of(rated(), by="sun"), approved_by="x")
    assert again == [grade, limit]


@pytest.mark.parametrize(
    ("commands", "who"),
    [
        ([AuditGrade(by=SALES)], "sun"),
        ([AuditGrade(by=GENERAL), ApproveGrade(by=GENERAL)], "gao"),
        ([AuditGrade(by=GENERAL), ApproveGrade(by=SALES)], "sun"),
        ([AuditGrade(by=Actor(login="he", acting_for="sun"))], "sun"),
        ([AuditGrade(by=FOR_GAO), ApproveGrade(by=GENERAL)], "gao"),
        ([AuditGrade(by=FOR_GAO), ApproveGrade(by=Actor(login="he", acting_for="lin"))], "he"),
        ([AuditGrade(by=GENERAL), ReturnGrade(by=GENERAL, reason="No.")], "gao"),
        ([AuditGrade(by=GENERAL), RejectReview(by=SALES, reason="No.")], "sun"),
    ],
)  # fmt: skip
def test_nobody_acts_twice_neither_in_person_nor_by_somebody_else(commands, who):
    with pytest.raises(Refused, match=f"{who} has acted") as refused:
        after(propose(), *commands)
    assert refused.value.code == "same-person"


def test_a_return_begins_anew_and_the_same_people_may_act_again():
    returned = after(propose(), ReturnGrade(by=GENERAL, reason="Ask for the licence."))
    assert returned.review.stage == "open" and returned.review.proposal == {}
    again = "00000000-0000-7000-8000-000000000002"
    done = after(propose(run=again), AuditGrade(by=GENERAL), ApproveGrade(by=DIRECTOR), file=returned)
    assert (done.run, done.grade) == (again, 3)


def test_the_steps_say_at_which_one_a_proposal_was_returned_or_rejected():
    proposed, audited = after(propose()), after(propose(), AuditGrade(by=GENERAL))
    (first,) = CREDIT_FILE.decide(proposed, ReturnGrade(by=GENERAL, reason="No."))
    (second,) = CREDIT_FILE.decide(audited, RejectReview(by=DIRECTOR, reason="No."))
    assert isinstance(first, CreditGradeReturned) and first.step == "audit"
    assert isinstance(second, CreditReviewRejected) and second.step == "approval"
    rejected = CREDIT_FILE.fold(audited, [second])
    assert (rejected.review, rejected.grade, rejected.review_due) == (None, None, DUE)


def test_a_rejected_review_opens_again_when_the_rating_is_due():
    rejected = after(propose(), RejectReview(by=GENERAL, reason="No."))
    assert CREDIT_FILE.decide(rejected, ReopenReview(today=DUE - DAY)) == []
    assert CREDIT_FILE.decide(rejected, ReopenReview(today=DUE)) == [CreditReviewOpened(review_due=DUE, opened_on=DUE)]
    assert CREDIT_FILE.decide(after(propose()), ReopenReview(today=DUE)) == []
    assert CREDIT_FILE.decide(rejected, ReopenReview(today=DUE - DAY)) == []
    assert CREDIT_FILE.decide(rejected, ReopenReview(today=DUE)) == [CreditReviewOpened(review_due=DUE, opened_on=DUE)]


@pytest.mark.parametrize(
    "command", [AuditGrade(by=GENERAL), ApproveGrade(by=DIRECTOR), ReturnGrade(by=GENERAL, reason="No.")]
)
def test_no_step_comes_before_the_one_before(command):
    with pytest.raises(Refused, match="waits for a proposal"):
        CREDIT_FILE.decide(after(), command)
    with pytest.raises(Refused, match="open one first"):
        CREDIT_FILE.decide(CreditFile(), command)


def test_a_proposal_is_not_approved_before_its_audit_nor_proposed_twice():
    with pytest.raises(Refused, match="waits for the branch general manager"):
        CREDIT_FILE.decide(after(propose()), ApproveGrade(by=DIRECTOR))
    with pytest.raises(Refused, match="waits for the branch general manager"):
        CREDIT_FILE.decide(after(propose()), propose())


def test_a_proposal_names_the_grade_in_force():
    with pytest.raises(Refused, match="has changed since"):
        CREDIT_FILE.decide(after(), propose(previous=2))


def test_a_grade_from_a_run_closes_the_review_under_way():
    run = rated(grade=4, run="00000000-0000-7000-8000-000000000009")
    file = CREDIT_FILE.fold(after(propose(), AuditGrade(by=GENERAL)), [run.grade, run.limit])
    with pytest.raises(Refused, match="open one first"):
        CREDIT_FILE.decide(file, ApproveGrade(by=DIRECTOR))


def test_a_review_opens_on_demand_with_a_reason_and_never_beside_another():
    file = CREDIT_FILE.fold(CreditFile(), [OPENED])
    (opened,) = CREDIT_FILE.decide(file, CallReview(today=TODAY, reason="Lost its licence."))
    assert (opened.review_due, opened.opened_on, opened.reason) == (DUE, TODAY, "Lost its licence.")
    with pytest.raises(Refused, match="under way"):
        CREDIT_FILE.decide(after(), CallReview(today=TODAY, reason="Again."))
    assert CREDIT_FILE.decide(after(), OpenReview(review_due=DUE, today=DUE)) == []


def test_a_review_escalates_fifteen_days_after_it_was_due_and_once():
    late = date(2026, 2, 24)
    assert CREDIT_FILE.decide(after(), EscalateReview(review_due=DUE, today=date(2026, 2, 23))) == []
    events = CREDIT_FILE.decide(after(), EscalateReview(review_due=DUE, today=late))
    assert events == [CreditReviewEscalated(review_due=DUE, escalated_on=late)]
    escalated = CREDIT_FILE.fold(after(), events)
    assert CREDIT_FILE.decide(escalated, EscalateReview(review_due=DUE, today=late)) == []
    graded = CREDIT_FILE.fold(escalated, [rated().grade])
    assert CREDIT_FILE.decide(graded, EscalateReview(review_due=DUE, today=late)) == []
    assert not graded.escalated


def watch(*fallen, run=PROPOSAL):
    common = {"run": run, "as_of": TODAY, "policy": POLICY, "cut": {"credit-rating": {"0": 9}}}
    return Watch(fallen=tuple(FallenIndicator(indicator=each, graded="A", now="B") for each in fallen), **common)


def test_a_watch_begins_and_ends_once_and_a_new_grade_ends_it_silently():
    graded = CREDIT_FILE.fold(after(), [rated().grade])
    (begun,) = CREDIT_FILE.decide(graded, watch("monthly_sales"))
    assert isinstance(begun, CreditWatchStarted) and begun.fallen[0].indicator == "monthly_sales"
    watched = CREDIT_FILE.fold(graded, [begun])
    assert CREDIT_FILE.decide(watched, watch("monthly_sales", "payment_method")) == []
    (ended,) = CREDIT_FILE.decide(watched, watch())
    assert isinstance(ended, CreditWatchEnded)
    assert CREDIT_FILE.decide(CREDIT_FILE.fold(watched, [ended]), watch()) == []
    assert not CREDIT_FILE.fold(watched, [rated(previous=3).grade]).watched


def test_a_look_at_the_grade_before_says_nothing():
    graded = CREDIT_FILE.fold(after(), [rated().grade])
    assert CREDIT_FILE.decide(graded, watch("monthly_sales", run="00000000-0000-7000-8000-00000000000a")) == []


def test_an_audit_says_for_whom():
    (audited,) = CREDIT_FILE.decide(after(propose()), AuditGrade(by=Actor(login="he", acting_for="gao")))
    assert isinstance(audited, CreditGradeAudited) and (audited.by, audited.acting_for) == ("he", "gao")
