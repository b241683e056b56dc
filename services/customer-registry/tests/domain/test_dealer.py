"""A dealer's file: three different people, musts, a way back, one code for ever (domain.md 1.1)."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from pydantic import ValidationError

from customer_registry.domain import dealer_code
from customer_registry.domain.dealer import (
    DEALER,
    ApproveDealer,
    ChangeTerms,
    Dealer,
    DealerCommand,
    ReinstateDealer,
    RejectDealer,
    ReturnDealer,
    ReviewDealer,
    SuspendDealer,
)
from customer_registry.domain.owner_group import JoinGroup, LeaveGroup
from customer_registry.domain.submission import SubmitDealer
from events.catalogue import Event
from events.decider import Refused
from events.types.customer_registry import (
    DealerOnboarded,
    DealerReinstated,
    DealerRejected,
    DealerReturned,
    DealerReviewed,
    DealerSubmitted,
    DealerSuspended,
)

TODAY = date(2026, 3, 2)
ID = "0190b0c0-0000-7000-8000-000000000001"
OTHER = "0190b0c0-0000-7000-8000-000000000002"
MUSTS = {"distribution_capability": 3, "capital_strength": 3, "willingness": 3, "legal_papers": 3}
PROPOSED: dict[str, Any] = {
    "name": "上海顺达商贸有限公司",
    "territory": "SH-1",
    "branch": "SH",
    "region": "E",
    "channel_level": "distributor",
    "cooperation": "dealer",
    "supplier": OTHER,
    "county": "浦东新区",
    "country": "CN",
    "references": [{"source": "ERP", "number": "C10001"}, {"source": "CRM", "number": "7"}],
    "terms": {"method": "credit", "term_days": 30},
    "forecast_monthly_sales": "120000.00",
}


def submit(**changed: Any) -> SubmitDealer:
    return SubmitDealer.model_validate({**PROPOSED, "dealer": ID, "checklist": MUSTS, "by": "manager"} | changed)


def approve(by: str = "head", **changed: Any) -> ApproveDealer:
    return ApproveDealer.model_validate({"dealer": ID, "by": by, "onboarded_on": TODAY, "today": TODAY} | changed)


REVIEW = ReviewDealer(by="general", comment="资料齐全")
RETURN = ReturnDealer(by="general", reason="licence is missing")
REJECT = RejectDealer(by="general", reason="sells what competes with us")
SUSPEND = SuspendDealer(by="head", reason="overdue", on=TODAY, today=TODAY)
REINSTATE = ReinstateDealer(by="head", reason="paid", on=TODAY, today=TODAY)


def after(*commands: DealerCommand) -> Dealer:
    """The file after these commands; through bytes at each step, as a head row keeps it."""
    dealer = Dealer()
    for command in commands:
        dealer = DEALER.fold(dealer, DEALER.decide(dealer, command))
        dealer = msgspec.json.decode(msgspec.json.encode(dealer), type=Dealer)
    return dealer


def decided(*commands: DealerCommand) -> Event:
    *before, last = commands
    (event,) = DEALER.decide(after(*before), last)
    return event


def refusal(*commands: DealerCommand) -> Refused:
    *before, last = commands
    with pytest.raises(Refused) as refused:
        DEALER.decide(after(*before), last)
    return refused.value


def test_three_people_make_a_dealer_and_the_event_says_who_and_what():
    onboarded = decided(submit(), REVIEW, approve())
    assert onboarded == DealerOnboarded.model_validate(
        {
            **PROPOSED,
            "code": dealer_code.mint(UUID(ID)),
            "submitted_by": "manager",
            "reviewed_by": "general",
            "approved_by": "head",
            "onboarded_on": TODAY,
        }
    )


def test_a_submission_holds_the_checklist_that_let_it_pass():
    submitted = decided(submit())
    assert isinstance(submitted, DealerSubmitted)
    assert (submitted.checklist, submitted.submitted_by) == (MUSTS, "manager")
    assert submitted.forecast_monthly_sales == Decimal("120000.00")


@pytest.mark.parametrize(
    ("steps", "by"),
    [
        ((submit(),), ReviewDealer(by="manager")),
        ((submit(), REVIEW), approve(by="manager")),
        ((submit(), REVIEW), approve(by="general")),
        ((submit(),), ReturnDealer(by="manager", reason="mine")),
        ((submit(), REVIEW), RejectDealer(by="general", reason="on second thoughts")),
    ],
)
def test_nobody_takes_two_of_the_three_steps(steps, by):
    assert refusal(*steps, by).code == "same-person"


@pytest.mark.parametrize(
    ("steps", "command", "stage"),
    [
        ((), REVIEW, "new"),
        ((submit(),), approve(), "submitted"),
        ((submit(),), submit(), "submitted"),
        ((submit(), REVIEW), REVIEW, "reviewed"),
        ((submit(), RETURN), REVIEW, "returned"),
        ((submit(), REJECT), submit(), "rejected"),
        ((submit(), REVIEW, approve()), approve(), "active"),
        ((submit(), REVIEW, approve()), REINSTATE, "active"),
        ((submit(), REVIEW, approve(), SUSPEND), SUSPEND, "suspended"),
    ],
)
def test_a_step_out_of_turn_is_refused_with_the_stage_and_what_to_do(steps, command, stage):
    refused = refusal(*steps, command)
    assert (refused.code, refused.extras["stage"]) == ("stage-wrong", stage)
    assert len(refused.detail) > len(f"the file is {stage}: ")


def test_what_was_returned_is_submitted_again_and_reviewed_anew():
    assert decided(submit(), REVIEW, ReturnDealer(by="head", reason="add the licence")) == DealerReturned(
        by="head", reason="add the licence"
    )
    onboarded = decided(
        submit(), RETURN, submit(by="deputy", forecast_monthly_sales="90000.00"), ReviewDealer(by="other"), approve()
    )
    assert isinstance(onboarded, DealerOnboarded)
    assert (onboarded.submitted_by, onboarded.reviewed_by) == ("deputy", "other")
    assert onboarded.forecast_monthly_sales == 90000


def test_a_returned_submission_needs_its_review_again():
    assert refusal(submit(), REVIEW, ReturnDealer(by="head", reason="x"), submit(), approve()).code == "stage-wrong"


def test_both_chiefs_may_reject():
    assert decided(submit(), REJECT) == DealerRejected(by="general", reason=REJECT.reason)
    assert isinstance(decided(submit(), REVIEW, RejectDealer(by="head", reason="no")), DealerRejected)
    assert isinstance(decided(submit(), REVIEW), DealerReviewed)


@pytest.mark.parametrize("item", MUSTS)
def test_a_must_below_3_or_left_out_blocks_the_submission_and_is_named(item):
    for checklist in (MUSTS | {item: 2}, {name: score for name, score in MUSTS.items() if name != item}):
        refused = refusal(submit(checklist=checklist))
        assert (refused.code, refused.extras["items"]) == ("musts-not-met", [item])


def test_no_checklist_at_all_blocks_the_submission():
    assert refusal(submit(checklist=None)).extras["items"] == list(MUSTS)


def test_a_waiver_with_a_reason_lets_a_submission_pass():
    assert isinstance(decided(submit(checklist=None, waiver="taken over from the old archive")), DealerSubmitted)
    assert isinstance(decided(submit(checklist=MUSTS | {"willingness": 0}, waiver="key store")), DealerSubmitted)


@pytest.mark.parametrize(
    "wrong",
    [
        {"forecast_monthly_sales": None},
        {"forecast_monthly_sales": "0"},
        {"forecast_monthly_sales": "-5"},
        {"forecast_monthly_sales": 120000.5},
        {"checklist": MUSTS | {"willingness": 6}},
        {"checklist": MUSTS | {"looks": 3}},
        {"waiver": ""},
        {"name": ""},
        {"territory": "SH/1"},
        {"cooperation": "friend"},
        {"colour": "red"},
    ],
)
def test_what_has_no_shape_is_no_submission(wrong):
    with pytest.raises(ValidationError):
        submit(**wrong)


def test_a_forecast_is_required():
    with pytest.raises(ValidationError, match="forecast_monthly_sales"):
        SubmitDealer.model_validate({k: v for k, v in dict(submit()).items() if k != "forecast_monthly_sales"})


def test_a_dealer_does_not_supply_itself_and_names_each_reference_once():
    assert refusal(submit(supplier=ID)).code == "supplier-itself"
    assert refusal(submit(references=PROPOSED["references"] * 2)).code == "reference-repeated"


def test_onboarding_claims_the_code_and_every_reference():
    claims = DEALER.claims(decided(submit(), REVIEW, approve()))
    code = dealer_code.mint(UUID(ID))
    assert claims.take == (f"dealer-code/{code}", "dealer-reference/ERP/C10001", "dealer-reference/CRM/7")
    assert claims.release == ()


def test_nothing_is_claimed_for_a_submission_that_may_be_returned_or_rejected():
    for event in (decided(submit()), decided(submit(), RETURN), decided(submit(), REJECT)):
        assert DEALER.claims(event).take == ()


def test_a_code_that_is_taken_is_passed_over_at_the_next_attempt():
    first, second = (decided(submit(), REVIEW, approve(attempt=n)) for n in (0, 1))
    assert isinstance(first, DealerOnboarded) and isinstance(second, DealerOnboarded)
    assert first.code != second.code


def test_onboarding_is_dated_tomorrow_at_the_latest():
    assert decided(submit(), REVIEW, approve(onboarded_on="2024-05-06"))
    assert decided(submit(), REVIEW, approve(onboarded_on="2026-03-03"))
    assert refusal(submit(), REVIEW, approve(onboarded_on="2026-03-04")).code == "date-in-future"


ONBOARDED = (submit(), REVIEW, approve(onboarded_on="2026-02-01"))


def test_an_onboarded_dealer_is_suspended_and_reinstated_with_a_reason_and_a_day():
    assert decided(*ONBOARDED, SUSPEND) == DealerSuspended(reason="overdue", by="head", on=TODAY)
    assert decided(*ONBOARDED, SUSPEND, REINSTATE) == DealerReinstated(reason="paid", by="head", on=TODAY)
    assert after(*ONBOARDED, SUSPEND, REINSTATE).stage == "active"


def test_a_dealer_is_not_suspended_before_it_was_onboarded_nor_reinstated_before_it_was_suspended():
    early = SUSPEND.model_copy(update={"on": date(2026, 1, 31)})
    assert refusal(*ONBOARDED, early).code == "before-last-change"
    assert refusal(*ONBOARDED, SUSPEND, REINSTATE.model_copy(update={"on": date(2026, 3, 1)})).code == (
        "before-last-change"
    )
    assert refusal(*ONBOARDED, SUSPEND.model_copy(update={"on": date(2026, 3, 4)})).code == "date-in-future"


def refused(dealer: Dealer, command: DealerCommand, code: str) -> None:
    with pytest.raises(Refused) as no:
        DEALER.decide(dealer, command)
    assert no.value.code == code


JOIN = JoinGroup(group="LH", reason="same owner", by="head", on=TODAY)
LEAVE = LeaveGroup(reason="sold", by="head", on=TODAY)


def test_a_dealer_joins_one_group_and_leaves_it_before_it_joins_another() -> None:
    onboarded = (submit(), REVIEW, approve())
    assert after(*onboarded, JOIN).group == "LH"
    assert after(*onboarded, JOIN, LEAVE).group == ""
    assert after(*onboarded, JOIN, LEAVE, JOIN).group == "LH"
    refused(after(*onboarded, JOIN), JoinGroup(group="JK", reason="?", by="head", on=TODAY), "in-a-group")
    refused(after(*onboarded), LEAVE, "in-no-group")


def test_only_a_dealer_that_is_onboarded_joins_a_group() -> None:
    for before in ((), (submit(),), (submit(), REVIEW), (submit(), REJECT)):
        refused(after(*before), JOIN, "stage-wrong")
    assert after(submit(), REVIEW, approve(), SUSPEND, JOIN).group == "LH"


def terms(days: int, **changed: Any) -> ChangeTerms:
    said = {"terms": {"method": "credit", "term_days": days}, "by": "head", "reason": "asked for", "on": TODAY}
    return ChangeTerms.model_validate(said | {"today": TODAY} | changed)


def test_terms_of_payment_change_from_a_day_on_and_not_before_the_last_change() -> None:
    onboarded = (submit(), REVIEW, approve())
    changed = after(*onboarded, terms(45))
    assert changed.proposal is not None and changed.proposal.terms.term_days == 45
    refused(changed, terms(45), "terms-unchanged")
    refused(changed, terms(60, on=date(2026, 3, 1)), "before-last-change")
    refused(after(*onboarded), terms(45, on=date(2026, 3, 4)), "date-in-future")
    refused(after(submit()), terms(45), "stage-wrong")
