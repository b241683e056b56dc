from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_rating.domain.policy_file import POLICY_FILE
from events import (
    CreditPolicyDraftApproved,
    CreditPolicyDrafted,
    CreditPolicyDraftRevised,
    CreditPolicyDraftSubmitted,
    CreditPolicyPublished,
)
from events.decider import Refused
from rules.differences import Difference, differences
from rules.policy import PublishPolicy, content_hash
from rules.policy_drafts import (
    MOST_DRAFTS,
    ApproveDraft,
    DraftPolicy,
    PolicyBook,
    ReturnDraft,
    ReviseDraft,
    SubmitDraft,
    WithdrawDraft,
)

TODAY = date(2026, 6, 30)
DRAFT = "0" * 8 + "-0000-7000-8000-" + "0" * 12


@pytest.fixture
def second(policy_content):
    return policy_content() | {"version": 2, "effective_from": "2026-10-01"}


@pytest.fixture
def book(policy_content):
    """A policy in force."""
    return done(PolicyBook(), PublishPolicy(name="credit", content=policy_content()))


def done(book, *commands):
    for command in commands:
        book = POLICY_FILE.fold(book, POLICY_FILE.decide(book, command))
    return book


def draft(content, by="chen", id=DRAFT):
    return DraftPolicy(draft=id, name="credit", content=content, by=by)


def submit(by="chen", today=TODAY):
    return SubmitDraft(draft=DRAFT, by=by, today=today)


def approve(by="he", today=TODAY):
    return ApproveDraft(draft=DRAFT, by=by, today=today)


def refusal(book, command):
    with pytest.raises(Refused) as refused:
        POLICY_FILE.decide(book, command)
    return refused.value.code


def test_a_draft_that_another_person_approves_is_published_as_it_was_submitted(book, second):
    (drafted,) = POLICY_FILE.decide(book, draft(second))
    assert isinstance(drafted, CreditPolicyDrafted) and drafted.hash == content_hash(second)
    book = done(book, draft(second))
    (submitted,) = POLICY_FILE.decide(book, submit())
    assert isinstance(submitted, CreditPolicyDraftSubmitted)
    book = done(book, submit())
    approved, published = POLICY_FILE.decide(book, approve())
    assert isinstance(approved, CreditPolicyDraftApproved) and (approved.drafted_by, approved.by) == ("chen", "he")
    assert isinstance(published, CreditPolicyPublished) and published.content == second
    book = done(book, approve())
    assert (book.version, book.effective_from, book.drafts) == (2, date(2026, 10, 1), {})


@pytest.mark.parametrize("people", [("chen", "chen", "chen"), ("he", "chen", "chen"), ("chen", "chen", "he")])
def test_nobody_who_wrote_or_submitted_a_draft_approves_it(book, second, people):
    writer, reviser, submitter = people
    revised = ReviseDraft(draft=DRAFT, name="credit", content=second, by=reviser)
    book = done(book, draft(second, by=writer), revised, submit(by=submitter))
    assert {refusal(book, approve(by=each)) for each in people} == {"same-person"}


def test_what_is_submitted_waits_and_what_is_returned_can_be_written_anew(book, second):
    revise = ReviseDraft(draft=DRAFT, name="credit", content=second | {"effective_from": "2026-11-01"}, by="chen")
    book = done(book, draft(second))
    assert refusal(book, approve()) == refusal(book, ReturnDraft(draft=DRAFT, by="he", reason="x")) == "stage-wrong"
    book = done(book, submit())
    assert refusal(book, revise) == refusal(book, submit()) == "stage-wrong"
    book = done(book, ReturnDraft(draft=DRAFT, by="he", reason="Begin a month later."))
    (revised,) = POLICY_FILE.decide(book, revise)
    assert isinstance(revised, CreditPolicyDraftRevised) and revised.effective_from == date(2026, 11, 1)
    book = done(book, revise, submit(), approve())
    assert (book.version, book.effective_from) == (2, date(2026, 11, 1))


def test_a_draft_that_is_given_up_or_published_is_no_draft_any_more(book, second):
    gone = done(book, draft(second), WithdrawDraft(draft=DRAFT, by="chen", reason="Not needed."))
    published = done(book, draft(second), submit(), approve())
    for state in (book, gone, published):
        assert refusal(state, submit()) == refusal(state, approve()) == "no-draft"
    assert gone.version == 1


@pytest.mark.parametrize(
    ("change", "today", "code"),
    [
        ({"version": 1}, TODAY, "policy-version-not-new"),
        ({}, date(2026, 10, 1), "policy-effective-too-early"),
        ({"effective_from": "1999-12-31"}, date(1999, 1, 1), "policy-effective-too-early"),
    ],
)
def test_a_version_is_new_and_begins_after_today_and_after_the_last_one(book, second, change, today, code):
    assert refusal(done(book, draft(second | change)), submit(today=today)) == code
    if not change:
        waiting = done(book, draft(second), submit())
        assert refusal(waiting, approve(today=today)) == code, "it was submitted in time and is approved too late"


def test_a_version_that_is_not_in_force_yet_may_be_replaced_from_its_own_first_day(book, second):
    book = done(book, draft(second), submit(), approve())
    third = second | {"version": 3}
    assert refusal(done(book, draft(third | {"effective_from": "2026-09-30"})), submit()) == (
        "policy-effective-too-early"
    )
    book = done(book, draft(third), submit(), approve())
    assert (book.version, book.effective_from) == (3, date(2026, 10, 1))


def test_of_two_drafts_of_one_version_the_second_has_to_take_a_higher_one(book, second):
    other = "1" + DRAFT[1:]
    book = done(book, draft(second), draft(second, by="li", id=other), submit())
    book = done(book, SubmitDraft(draft=other, by="li", today=TODAY), approve())
    assert refusal(book, ApproveDraft(draft=other, by="he", today=TODAY)) == "policy-version-not-new"


def test_the_number_of_drafts_and_their_size_are_bounded(book, second):
    for n in range(MOST_DRAFTS):
        book = done(book, draft(second, id=f"{n:08}{DRAFT[8:]}"))
    assert refusal(book, draft(second, id="f" * 8 + DRAFT[8:])) == "too-many-drafts"


def test_a_draft_is_a_policy_of_that_name(book, second):
    assert refusal(book, draft(second | {"name": "other"})) == "policy-misnamed"
    assert refusal(book, draft(second | {"ageing": {"limits": [30, 0]}})) == "policy-invalid"


def test_documents_are_compared_value_by_value(policy_content, second):
    second["limit"] = second["limit"] | {"unit": "1000"}
    second["ageing"] = {"limits": [0, 30, 60]}
    assert list(differences(policy_content(), second)) == [
        Difference("ageing.limits", [0, 30, 60, 90, 120], [0, 30, 60]),
        Difference("effective_from", "2000-01-01", "2026-10-01"),
        Difference("limit.unit", "100", "1000"),
        Difference("version", 1, 2),
    ]


documents = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(documents, documents)
def test_documents_differ_where_their_hashes_do(old, new):
    assert bool(list(differences(old, new))) == (content_hash({"is": old}) != content_hash({"is": new}))
