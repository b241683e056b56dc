"""Due diligence: everything is answered before it is submitted, and nobody decides what they drew up."""

from decimal import Decimal

import pytest
from diligence_forms import COMPLETE, OPEN, SUBMIT, TODAY, after, answer, refused, state

from credit_rating.domain.diligence import (
    DILIGENCE,
    ITEMS,
    AnswerItem,
    ApproveDiligence,
    Diligence,
    RejectDiligence,
    ReturnDiligence,
    StateFeasibility,
)
from credit_rating.domain.review import Actor
from events import DueDiligenceApproved, DueDiligenceRejected, DueDiligenceReturned, DueDiligenceSubmitted

GENERAL, FOR_GAO = Actor(login="gao"), Actor(login="he", acting_for="gao")
APPROVE = ApproveDiligence(by=GENERAL, today=TODAY)


def test_two_people_make_a_diligence_that_covers_the_limit_asked_for():
    (submitted,) = DILIGENCE.decide(after(*COMPLETE), SUBMIT)
    assert isinstance(submitted, DueDiligenceSubmitted)
    assert set(submitted.findings) == set(ITEMS) and submitted.limit == 80000
    (approved,) = DILIGENCE.decide(after(*COMPLETE, SUBMIT), APPROVE)
    assert isinstance(approved, DueDiligenceApproved)
    assert (approved.limit, approved.approved_on, approved.by, approved.acting_for) == (80000, TODAY, "gao", None)
    assert after(*COMPLETE, SUBMIT, APPROVE) == Diligence(covers=Decimal("80000.00"))


@pytest.mark.parametrize("left_out", [*ITEMS, "feasibility_opinion"])
def test_it_is_not_submitted_while_something_is_missing_which_the_answer_names(left_out):
    commands = [each for each in COMPLETE if getattr(each, "item", None) != left_out]
    if left_out == "feasibility_opinion":
        commands = COMPLETE[:-1]
    error = refused(after(*commands), SUBMIT)
    assert (error.code, error.extras["missing"]) == ("diligence-incomplete", [left_out]) and left_out in error.detail


@pytest.mark.parametrize(
    "by",
    [
        {"by": Actor(login="sun")},
        {"by": Actor(login="sun", acting_for="gao")},
        {"by": Actor(login="he", acting_for="sun")},
    ],
)
@pytest.mark.parametrize(
    "decision",
    [
        lambda by: ApproveDiligence(today=TODAY, **by),
        lambda by: ReturnDiligence(reason="x", **by),
        lambda by: RejectDiligence(reason="x", **by),
    ],
)
def test_nobody_decides_a_form_that_they_drew_up_or_for_whoever_did(by, decision):
    assert refused(after(*COMPLETE, SUBMIT), decision(by)).code == "own-proposal"


@pytest.mark.parametrize("part", [answer("character", by="gao"), state(by="gao")])
def test_whoever_answered_one_item_or_stated_the_opinion_drew_it_up_too(part):
    assert refused(after(*COMPLETE, part, SUBMIT), APPROVE).code == "own-proposal"
    (done,) = DILIGENCE.decide(after(*COMPLETE, SUBMIT), ApproveDiligence(by=FOR_GAO, today=TODAY))
    assert (done.by, done.acting_for) == ("he", "gao")


def test_what_was_returned_keeps_its_answers_and_is_submitted_again():
    back = ReturnDiligence(by=GENERAL, reason="Count the stock anew.")
    (returned,) = DILIGENCE.decide(after(*COMPLETE, SUBMIT), back)
    assert isinstance(returned, DueDiligenceReturned)
    again = after(*COMPLETE, SUBMIT, back, answer("finances_and_stock", "reservations"), SUBMIT)
    assert again.form.findings["finances_and_stock"] == "reservations" and again.form.stage == "submitted"
    assert refused(after(*COMPLETE, SUBMIT), answer("character")).code == "stage-wrong"
    assert refused(after(*COMPLETE, SUBMIT, back), APPROVE).code == "stage-wrong"


def test_a_rejected_one_covers_nothing_and_leaves_what_an_earlier_one_covers():
    reject = RejectDiligence(by=GENERAL, reason="The stock is pledged.")
    (rejected,) = DILIGENCE.decide(after(*COMPLETE, SUBMIT), reject)
    assert isinstance(rejected, DueDiligenceRejected)
    assert after(*COMPLETE, SUBMIT, reject) == Diligence()
    assert after(*COMPLETE, SUBMIT, APPROVE, *COMPLETE, SUBMIT, reject).covers == 80000


def test_an_opinion_against_is_not_approved_and_bad_findings_are_not_plainly_recommended():
    against = after(*COMPLETE, state("against"), SUBMIT)
    assert refused(against, APPROVE).code == "opinion-against"
    bad = after(*COMPLETE, answer("character", "unsatisfactory"))
    error = refused(bad, SUBMIT)
    assert (error.code, error.extras["items"]) == ("opinion-contradicts", ["character"])
    under = state("recommended_with_conditions", conditions="The owner guarantees it.")
    (approved,) = DILIGENCE.decide(after(*COMPLETE, answer("character", "unsatisfactory"), under, SUBMIT), APPROVE)
    assert approved.conditions == "The owner guarantees it."


@pytest.mark.parametrize(
    "opinion,conditions", [("recommended_with_conditions", ""), ("recommended", "Pays first."), ("against", "None.")]
)
def test_conditions_go_with_the_opinion_that_has_some(opinion, conditions):
    assert refused(after(OPEN), state(opinion, conditions=conditions)).code == "conditions-missing"


def test_a_row_of_dots_is_no_comment_and_no_reason():
    for command in (
        AnswerItem(item="character", finding="satisfactory", comment="..........", by="sun"),
        StateFeasibility(opinion="recommended", limit=Decimal(1), reason="ok ok ok ok ok", by="sun"),
    ):
        assert refused(after(OPEN), command).code == "nothing-written"
    assert refused(Diligence(), OPEN.model_copy(update={"purpose": "credit"})).code == "nothing-written"


def test_one_form_at_a_time_and_none_without_opening_it():
    assert refused(after(OPEN), OPEN).code == "diligence-open"
    for command in (answer("character"), state(), SUBMIT, APPROVE):
        assert refused(Diligence(), command).code == "no-diligence"
