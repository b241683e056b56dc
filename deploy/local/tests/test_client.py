"""Tokens for people of every reach, positions joined, problems told in one line."""

from __future__ import annotations

import httpx
import pytest

from dealerlog.client import merged, problem_text, require, require_scope, token
from dealerlog.problem import Problem
from dealerlog.sample.organisation import Organisation, Person, organisation
from service.permissions import ROLES


@pytest.fixture(scope="module")
def people() -> Organisation:
    return organisation(7)


def test_everybody_of_the_sample_network_gets_a_token(people: Organisation) -> None:
    everyone = [people.head_of_marketing, people.credit_controller, people.operator, people.feed]
    everyone += [person for region in people.regions for person in (region.director, region.clerk)]
    everyone += [person for branch in people.branches for person in (branch.manager, branch.general_manager)]
    everyone += [territory.representative for branch in people.branches for territory in branch.territories]
    assert all(token("s" * 64, person).count(".") == 2 for person in everyone)
    assert {person.role for person in everyone} < set(ROLES)


def test_a_role_is_refused_the_wrong_kind_of_place() -> None:
    with pytest.raises(Problem, match="branch_manager is bound by BRANCH"):
        require_scope("branch_manager", "")
    with pytest.raises(Problem, match="the role auditor sees the whole company: leave REGION out"):
        require_scope("auditor", "REGION")
    with pytest.raises(Problem, match="is no role"):
        require_scope("king", "")
    with pytest.raises(Problem, match=r"^say which role: ROLE=… with one of sales_representative"):
        require_scope("", "")
    with pytest.raises(Problem, match="GET /territories of customer-registry lists the codes"):
        require_scope("sales_representative", "")
    require_scope("regional_director", "REGION")


def test_a_token_without_its_scope_is_a_problem_not_a_token() -> None:
    with pytest.raises(Problem, match="BRANCH"):
        token("s" * 64, Person("x", "x", "branch_manager"))


def test_of_two_lists_of_positions_the_later_of_each_partition_is_kept() -> None:
    assert merged("tiering:1:5:1,tiering:2:7:1", "tiering:1:9:1") == "tiering:1:9:1,tiering:2:7:1"
    assert merged("", "") == ""


def test_a_refusal_is_told_in_the_services_own_words() -> None:
    request = httpx.Request("POST", "http://here/dealers")
    body = {"title": "Unknown territory", "detail": "there is no territory X-1"}
    response = httpx.Response(409, json=body, request=request)
    with pytest.raises(Problem, match="POST /dealers: 409 Unknown territory there is no territory X-1"):
        require(response)
    assert problem_text(httpx.Response(502, text="bad gateway", request=request)) == "bad gateway"
