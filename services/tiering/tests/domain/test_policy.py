"""The tiering policy: a document that is read whole or refused with the path of its errors, and never changed."""

import json
from copy import deepcopy
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from events.decider import Refused
from events.types.tiering import TieringPolicyPublished
from rules.policy import PolicyFile, PublishPolicy, content_hash, in_force, reference
from tiering.domain.policy import TieringPolicy
from tiering.domain.policy_file import POLICY_FILE

SHIPPED: dict[str, Any] = json.loads(files("tiering").joinpath("policies", "tiering-2026-01.json").read_bytes())


def document(**changed: Any) -> dict[str, Any]:
    return deepcopy(SHIPPED) | changed


def publish(file: PolicyFile, **changed: Any) -> PolicyFile:
    return POLICY_FILE.fold(file, POLICY_FILE.decide(file, PublishPolicy(name="tiering", content=document(**changed))))


def refusal(file: PolicyFile, **changed: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        publish(file, **changed)
    return refused.value


def test_the_shipped_policy_cuts_at_80_and_95_and_visits_by_half_month_month_and_quarter():
    policy = TieringPolicy.read(SHIPPED)
    assert (policy.abc.cuts.a, policy.abc.cuts.b, policy.abc.measure, policy.abc.window_months) == (
        80, 95, "net_sales", 12,
    )  # fmt: skip
    visits = {abc: standard.visits for abc, standard in policy.service_standards.items()}
    assert {abc: (each.every, each.visits) for abc, each in visits.items()} == {
        "A": ("half_month", 1),
        "B": ("month", 1),
        "C": ("quarter", 1),
    }


def test_a_published_policy_is_the_document_and_its_hash():
    published, *more = POLICY_FILE.decide(PolicyFile(), PublishPolicy(name="tiering", content=SHIPPED))
    assert isinstance(published, TieringPolicyPublished)
    assert (published.content, published.hash, more) == (SHIPPED, content_hash(SHIPPED), [])
    assert reference(published.content).hash == published.hash


def test_the_hash_of_a_document_does_not_depend_on_the_order_of_its_members():
    assert content_hash(dict(reversed(SHIPPED.items()))) == content_hash(SHIPPED)


def test_the_hash_tells_a_changed_number():
    assert content_hash(document(abc=SHIPPED["abc"] | {"a_percent": "79"})) != content_hash(SHIPPED)


def test_a_version_that_is_published_does_not_change_and_once_more_writes_nothing():
    file = publish(PolicyFile())
    assert publish(file) == file
    assert refusal(file, abc=SHIPPED["abc"] | {"a_percent": "70"}).code == "policy-version-not-new"


def test_the_next_version_takes_effect_later_than_the_last():
    file = publish(PolicyFile())
    assert refusal(file, version=2).code == "policy-effective-too-early"
    assert publish(file, version=2, effective_from="2027-01-01").version == 2


def test_a_policy_is_published_under_its_own_name():
    assert refusal(PolicyFile(), name="credit").code == "policy-misnamed"


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"abc": SHIPPED["abc"] | {"a_percent": "95"}}, "abc"),
        ({"abc": SHIPPED["abc"] | {"b_percent": "101"}}, "abc.b_percent"),
        ({"abc": SHIPPED["abc"] | {"a_percent": 79.5}}, "abc.a_percent"),
        ({"abc": SHIPPED["abc"] | {"measure": "turnover"}}, "abc.measure"),
        ({"service_standards": {"A": {"visits": {"every": "month"}}}}, ""),
        ({"service_standards": SHIPPED["service_standards"] | {"A": {"visits": {"every": "day"}}}},
         "service_standards.A.visits.every"),
        ({"colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_a_document_that_is_no_policy_is_refused_with_the_path_of_the_error(changed, path):
    refused = refusal(PolicyFile(), **changed)
    assert refused.code == "policy-invalid"
    assert [error["path"] for error in refused.extras["errors"]] == [path]


def test_the_policy_in_force_is_the_latest_that_has_taken_effect():
    old, new = TieringPolicy.read(SHIPPED), TieringPolicy.read(document(version=2, effective_from="2026-07-01"))
    assert in_force([new, old], date(2026, 6, 30)) == old
    assert in_force([old, new], date(2026, 7, 1)) == new
    assert in_force([old, new], date(1999, 12, 31)) is None
