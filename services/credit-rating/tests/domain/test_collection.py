"""Collection: the stage that a dealer has reached, reminders, promises kept or broken, tasks, hand-over to legal."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_rating.domain.collection import COLLECTION, Collection
from credit_rating.domain.collection_asked import (
    ApproveLegal,
    AssignTask,
    CompleteTask,
    DecidePromise,
    DeclineLegal,
    IssueReminder,
    PromisePayment,
    ProposeLegal,
    TakeBack,
)
from credit_rating.domain.collection_stage import reached, stage_of_columns
from credit_rating.domain.policy.collection import CollectionRule, CollectionStage
from credit_rating.domain.promise import Paid, Promise, counted
from events import (
    FollowUpAssigned,
    FollowUpDone,
    HandedToLegal,
    LegalDeclined,
    LegalProposed,
    PaymentPromised,
    PolicyRef,
    PromiseBroken,
    PromiseKept,
    ReminderIssued,
    TakenBackFromLegal,
)
from events.decider import Refused
from rules.ageing import ageing
from rules.receivables import receivables

RULE = CollectionRule()
POLICY = PolicyRef(name="credit", version=1, hash="0" * 64)
TODAY = date(2026, 3, 10)
CUT = {"credit-rating": {"0": 7}}


def owed(book, *lines, as_of=TODAY):
    """Invoices of (number, amount, days past due)."""
    return receivables(
        [book.invoice(n, amount, "2025-01-01", str(as_of - timedelta(days=days))) for n, amount, days in lines], as_of
    )


def remind(now, **said):
    about = {"reminder": "00000000-0000-7000-8000-00000000000f", "reached": now, "to": "accounts", "as_of": TODAY}
    return IssueReminder(**about | {"policy": POLICY, "cut": CUT, "by": "sun"} | said)


def promise(amount, pay_by, name="a", today=TODAY):
    identity = f"00000000-0000-7000-8000-00000000000{name}"
    return PromisePayment(
        promise=identity, amount=Decimal(amount), pay_by=pay_by, promised_by="accounts", by="sun", today=today
    )


def decide_promise(name, *payments, after_days=1):
    paid = tuple(Paid(date.fromisoformat(on), Decimal(amount)) for on, amount in payments)
    identity = f"00000000-0000-7000-8000-00000000000{name}"
    return DecidePromise(promise=identity, payments=paid, after_days=after_days, policy=POLICY, cut=CUT)


def after(*commands, file=None):
    file = file or Collection()
    for command in commands:
        file = COLLECTION.fold(file, COLLECTION.decide(file, command))
    return file


@pytest.mark.parametrize(
    ("days", "stage"), [(0, None), (1, 1), (7, 1), (8, 2), (30, 2), (31, 3), (60, 3), (61, 4), (900, 4)]
)
def test_the_stage_is_that_of_the_invoice_longest_past_due(book, days, stage):
    now = reached(owed(book, ("1", "500.00", days), ("2", "500.00", -5)), RULE)
    assert (now and now.number) == stage
    if now:
        assert (now.amount, now.count, [each.number for each in now.invoices]) == (Decimal("500.00"), 1, ["1"])


def test_less_than_the_minimum_is_not_chased_and_what_is_disputed_is_named(book):
    assert reached(owed(book, ("1", "99.99", 40)), RULE) is None
    on = [book.invoice("1", "500.00", "2025-12-01", "2025-12-31"), book.dispute("1", "120.00", "2026-01-05")]
    now = reached(receivables(on, TODAY), RULE)
    assert (now.number, now.amount, now.invoices[0].disputed) == (4, Decimal("500.00"), Decimal("120.00"))


@given(
    st.lists(st.tuples(st.integers(-40, 130), st.integers(1, 90_000)), max_size=8),
    st.lists(st.integers(1, 120), min_size=1, max_size=9, unique=True),
)
def test_the_ageing_by_the_policys_limits_gives_the_same_stage_as_the_invoices_do(book, lines, firsts):
    stages = tuple(
        CollectionStage(from_days=days, action="reminder", channel="phone", dunning=False) for days in sorted(firsts)
    )
    rule = CollectionRule(stages=stages)
    now = owed(book, *((str(n), f"{cents}.00", days) for n, (days, cents) in enumerate(lines)))
    columns = [column.amount for column in ageing(now, rule.limits)[:-1]]
    found = reached(now, rule)
    number, overdue = stage_of_columns(columns, rule)
    assert number == (found and found.number)
    assert overdue == sum((item.open for item in now.open_items if item.invoice.due_on < TODAY), Decimal(0))


def test_a_reminder_says_what_is_overdue_and_whether_it_is_dunning(book):
    now = reached(owed(book, ("1", "500.00", 9), ("2", "70.00", 3)), RULE)
    (issued,) = COLLECTION.decide(Collection(), remind(now, note="Called twice."))
    assert isinstance(issued, ReminderIssued)
    assert (issued.stage, issued.action, issued.channel, issued.dunning) == (2, "dunning_letter", "letter", True)
    assert (issued.amount, issued.count, issued.by, issued.cut) == (Decimal("570.00"), 2, "sun", CUT)
    (mild,) = COLLECTION.decide(Collection(), remind(now, stage=1, channel="phone"))
    assert (mild.stage, mild.channel, mild.dunning) == (1, "phone", False)


@pytest.mark.parametrize(("stage", "code"), [(None, "nothing-overdue"), (3, "stage-not-reached")])
def test_nobody_is_reminded_of_what_is_not_overdue_or_further_on_than_it_is(book, stage, code):
    now = reached(owed(book, ("1", "500.00", 9)), RULE) if stage else None
    with pytest.raises(Refused) as refused:
        COLLECTION.decide(Collection(), remind(now, stage=stage))
    assert refused.value.code == code


def test_the_clock_reminds_once_a_stage_and_again_when_newer_invoices_come_due(book):
    first = reached(owed(book, ("1", "500.00", 3)), RULE)
    file = after(remind(first, by="clock"))
    assert COLLECTION.decide(file, remind(first, by="clock")) == []
    assert COLLECTION.decide(file, remind(reached(owed(book, ("1", "500.00", 9)), RULE), by="clock"))
    paid_and_another_due = reached(owed(book, ("2", "500.00", 2)), RULE)
    assert COLLECTION.decide(file, remind(paid_and_another_due, by="clock"))
    assert COLLECTION.decide(file, remind(None, by="clock")) == []


def test_a_promise_is_kept_by_what_is_paid_in_its_days_and_else_broken():
    given = after(promise("100.00", date(2026, 3, 20)))
    (kept,) = COLLECTION.decide(given, decide_promise("a", ("2026-03-10", "40.00"), ("2026-03-20", "60.00")))
    assert isinstance(kept, PromiseKept)
    assert (kept.paid, kept.decided_on, kept.policy, kept.cut) == (Decimal("100.00"), date(2026, 3, 21), POLICY, CUT)
    late = [("2026-03-09", "500.00"), ("2026-03-20", "99.99"), ("2026-03-21", "500.00")]
    (broken,) = COLLECTION.decide(given, decide_promise("a", *late))
    assert isinstance(broken, PromiseBroken) and broken.paid == Decimal("99.99")


def test_a_promise_is_decided_once_and_an_unknown_one_never():
    file = after(promise("100.00", date(2026, 3, 20)), decide_promise("a"))
    assert COLLECTION.decide(file, decide_promise("a", ("2026-03-12", "100.00"))) == []
    assert COLLECTION.decide(file, decide_promise("b")) == []


def test_one_payment_never_keeps_two_promises():
    two = [promise("100.00", date(2026, 3, 15)), promise("100.00", date(2026, 3, 25), "b")]
    paid = ("2026-03-14", "100.00")
    file = after(*two, decide_promise("a", paid))
    (second,) = COLLECTION.decide(file, decide_promise("b", paid))
    assert isinstance(second, PromiseBroken) and second.paid == 0
    (second,) = COLLECTION.decide(file, decide_promise("b", paid, ("2026-03-24", "100.00")))
    assert isinstance(second, PromiseKept)


promises = st.builds(
    lambda n, amount, on, days: Promise(str(n), Decimal(amount), TODAY + timedelta(on), TODAY + timedelta(on + days)),
    st.integers(0, 10**6), st.integers(1, 500), st.integers(0, 20), st.integers(0, 20),
)  # fmt: skip
payments = st.builds(
    lambda on, amount: Paid(TODAY + timedelta(on), Decimal(amount)), st.integers(-5, 45), st.integers(1, 500)
)


@given(st.lists(promises, max_size=6, unique_by=lambda each: each.id), st.lists(payments, max_size=8))
def test_no_payment_counts_twice_and_none_counts_beyond_what_was_promised(given_, paid):
    towards = counted(given_, paid)
    assert all(towards[each.id] <= each.amount for each in given_)
    assert sum(towards.values()) <= sum(each.amount for each in paid)


def test_a_promise_names_a_day_to_come_and_not_too_many_are_open():
    for day in (date(2026, 3, 9), date(2027, 3, 12)):
        with pytest.raises(Refused, match="dates-implausible"):
            COLLECTION.decide(Collection(), promise("1.00", day))
    file = after(*(promise("1.00", date(2026, 3, 20), str(n)) for n in range(10)))
    file = after(promise("1.00", TODAY, "a"), promise("1.00", TODAY, "b"), file=file)
    with pytest.raises(Refused, match="too-many-open"):
        COLLECTION.decide(file, promise("1.00", TODAY, "c"))
    assert isinstance(after(decide_promise("a"), file=file).promises, tuple)
    (again,) = COLLECTION.decide(after(decide_promise("a"), file=file), promise("1.00", TODAY, "c"))
    assert isinstance(again, PaymentPromised)


def test_a_follow_up_is_assigned_for_a_day_to_come_and_done_once():
    task = AssignTask(task="0" * 8 + "-0000-7000-8000-" + "0" * 12, to="li.wei", due_on=TODAY, what="Visit them.",
                      by="gao", today=TODAY)  # fmt: skip
    done = CompleteTask(task=task.task, outcome="They pay on Monday.", by="li.wei", today=TODAY)
    assert [type(each) for each in COLLECTION.decide(Collection(), task)] == [FollowUpAssigned]
    (finished,) = COLLECTION.decide(after(task), done)
    assert isinstance(finished, FollowUpDone) and finished.done_on == TODAY
    with pytest.raises(Refused, match="task-not-open"):
        COLLECTION.decide(after(task, done), done)
    with pytest.raises(Refused, match="dates-implausible"):
        COLLECTION.decide(Collection(), task.model_copy(update={"due_on": date(2026, 3, 9)}))


PROPOSE = ProposeLegal(reason="Nothing in 90 days.", by="credit", today=TODAY)
APPROVE = ApproveLegal(by="lin", today=TODAY)


def test_another_person_hands_a_debt_to_legal_and_reminders_cease_until_it_is_taken_back(book):
    (proposed,) = COLLECTION.decide(Collection(), PROPOSE)
    assert isinstance(proposed, LegalProposed)
    (handed,) = COLLECTION.decide(after(PROPOSE), APPROVE)
    assert isinstance(handed, HandedToLegal) and (handed.proposed_by, handed.approved_by) == ("credit", "lin")
    file, now = after(PROPOSE, APPROVE), reached(owed(book, ("1", "500.00", 90)), RULE)
    assert COLLECTION.decide(file, remind(now, by="clock")) == []
    with pytest.raises(Refused, match="with-legal"):
        COLLECTION.decide(file, remind(now))
    (back,) = COLLECTION.decide(file, TakeBack(reason="They signed a plan.", by="lin", today=TODAY))
    assert isinstance(back, TakenBackFromLegal)
    assert COLLECTION.decide(COLLECTION.fold(file, [back]), remind(now))


def test_who_proposed_may_neither_approve_nor_decline_and_steps_keep_their_order():
    for step in (APPROVE, DeclineLegal(reason="Too early.", by="lin")):
        with pytest.raises(Refused, match="own-proposal"):
            COLLECTION.decide(after(PROPOSE), step.model_copy(update={"by": "credit"}))
        with pytest.raises(Refused, match="legal-stage-wrong"):
            COLLECTION.decide(Collection(), step)
    (declined,) = COLLECTION.decide(after(PROPOSE), DeclineLegal(reason="Too early.", by="lin"))
    assert isinstance(declined, LegalDeclined)
    with pytest.raises(Refused, match="legal-stage-wrong"):
        COLLECTION.decide(after(PROPOSE), TakeBack(reason="x", by="lin", today=TODAY))
    with pytest.raises(Refused, match="legal-stage-wrong"):
        COLLECTION.decide(after(PROPOSE, APPROVE), PROPOSE)


def test_a_policy_says_other_stages_and_refuses_those_that_do_not_ascend(policy, policy_content):
    assert policy.collection == RULE
    stage = {"from_days": 5, "action": "reminder", "channel": "phone", "dunning": False, "by_clock": True}
    said = type(policy).read(policy_content() | {"collection": {"stages": [stage]}}).collection
    assert (said.number_at(4), said.number_at(5), said.minimum) == (None, 1, Decimal(100))
    with pytest.raises(Refused, match=r"collection: .*ascend"):
        type(policy).read(policy_content() | {"collection": {"stages": [stage, stage]}})
    with pytest.raises(Refused, match=r"collection\.stages\.0\.from_days"):
        type(policy).read(policy_content() | {"collection": {"stages": [stage | {"from_days": 0}]}})
