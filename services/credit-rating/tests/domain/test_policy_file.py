from datetime import date

import pytest

from credit_rating.domain.policy import CreditPolicy
from credit_rating.domain.policy_file import POLICY_FILE
from events import CreditPolicyPublished
from events.decider import Refused
from rules.policy import PolicyFile, PublishPolicy, content_hash, in_force


def publish(content, name="credit"):
    return PublishPolicy(name=name, content=content)


def after(*contents):
    state = PolicyFile()
    for content in contents:
        for event in POLICY_FILE.decide(state, publish(content)):
            state = POLICY_FILE.evolve(state, event)
    return state


def test_a_policy_is_published_whole_and_known_by_its_hash(policy_content):
    (published,) = POLICY_FILE.decide(PolicyFile(), publish(policy_content()))
    assert isinstance(published, CreditPolicyPublished)
    assert (published.name, published.version, published.effective_from) == ("credit", 1, date(2000, 1, 1))
    assert published.content == policy_content()
    assert published.hash == content_hash(published.content)


def test_the_hash_is_that_of_the_meaning_not_of_the_order_of_members(policy_content):
    turned = dict(reversed(policy_content().items()))
    assert content_hash(turned) == content_hash(policy_content())
    assert content_hash(policy_content() | {"version": 2}) != content_hash(policy_content())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"effective_from": "2027-01-01"}, "cannot change"),
        ({"version": 2}, "begin on a later day"),
        ({"version": 2, "effective_from": "1999-12-31"}, "begin on a later day"),
    ],
)
def test_a_published_version_never_changes_and_the_next_begins_later(policy_content, change, sentence):
    with pytest.raises(Refused, match=sentence):
        POLICY_FILE.decide(after(policy_content()), publish(policy_content() | change))


def test_a_new_version_from_a_later_day_is_published(policy_content):
    second = policy_content() | {"version": 2, "effective_from": "2027-01-01"}
    assert after(policy_content(), second) == PolicyFile(2, date(2027, 1, 1), content_hash(second))


def test_a_document_is_published_under_its_own_name(policy_content):
    with pytest.raises(Refused, match="names itself credit"):
        POLICY_FILE.decide(PolicyFile(), publish(policy_content(), name="other"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("indicators.payment_method.share", "1.2"),
        ("indicators.payment_method.share", 0.8),
        ("indicators.monthly_sales.months", 0),
        ("indicators.licences.complete_valid", "D"),
        ("grades.all_a.all_b", 6),
        ("limit.coefficients.3", "-1"),
        ("check.overdue.days", "soon"),
        ("limit.season.flor", "0.5"),
        ("ageing", {"limits": [30, 0]}),
        ("indicators.monthly_sales", {"A": "1", "B": "2", "months": 3}),
    ],
)
def test_a_broken_document_is_refused_with_the_path_of_the_error(policy_content, path, value):
    content = policy_content()
    *parents, last = path.split(".")
    part = content
    for name in parents:
        part[name] = dict(part[name])
        part = part[name]
    part[last] = value
    with pytest.raises(Refused) as refused:
        CreditPolicy.read(content)
    assert refused.value.code == "policy-invalid"
    assert path in [error["path"] for error in refused.value.extras["errors"]]


def test_the_policy_in_force_is_the_latest_that_has_taken_effect(policy_content):
    first = CreditPolicy.read(policy_content())
    second = CreditPolicy.read(policy_content() | {"version": 2, "effective_from": "2026-07-01"})
    assert in_force([second, first], date(2026, 6, 30)) == first
    assert in_force([second, first], date(2026, 7, 1)) == second
    assert in_force([second, first], date(1999, 12, 31)) is None
