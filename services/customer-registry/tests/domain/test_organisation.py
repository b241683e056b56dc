"""Regions, branches, territories and representatives: defined once, changed by saying so again."""

from datetime import date

import pytest

from customer_registry.domain import branch, region, representative, territory
from customer_registry.domain.branch import BRANCH, DefineBranch
from customer_registry.domain.region import REGION, DefineRegion
from customer_registry.domain.representative import REPRESENTATIVE, RegisterRepresentative
from customer_registry.domain.territory import TERRITORY, AssignRepresentative, DefineTerritory
from events.decider import Refused
from events.types.customer_registry import (
    BranchDefined,
    RegionDefined,
    RepresentativeAssigned,
    RepresentativeRegistered,
    TerritoryDefined,
)

CASES = [
    (REGION, DefineRegion(code="E", name="East"), RegionDefined(code="E", name="East"), {"name": "华东"}),
    (
        BRANCH,
        DefineBranch(code="SH", name="Shanghai", region="E"),
        BranchDefined(code="SH", name="Shanghai", region="E"),
        {"name": "上海"},
    ),
    (
        REPRESENTATIVE,
        RegisterRepresentative(login="wei.lin", name="林伟", branch="SH"),
        RepresentativeRegistered(login="wei.lin", name="林伟", branch="SH"),
        {"branch": "HZ"},
    ),
    (
        TERRITORY,
        DefineTerritory(code="SH-1", name="浦东", branch="SH", region="E"),
        TerritoryDefined(code="SH-1", name="浦东", branch="SH", region="E"),
        {"name": "浦东新区"},
    ),
]


@pytest.mark.parametrize(("decider", "define", "defined", "change"), CASES)
def test_what_is_defined_is_as_it_was_said(decider, define, defined, change):
    assert decider.decide(decider.state(), define) == [defined]


@pytest.mark.parametrize(("decider", "define", "defined", "change"), CASES)
def test_the_same_again_writes_nothing_and_a_change_is_an_event(decider, define, defined, change):
    state = decider.fold(decider.state(), [defined])
    assert decider.decide(state, define) == []
    assert decider.decide(state, define.model_copy(update=change)) == [defined.model_copy(update=change)]


@pytest.mark.parametrize("code", ["", "SH 1", "SH/1", "-SH", "S" * 65])
def test_a_code_names_a_stream_and_holds_neither_spaces_nor_slashes(code):
    with pytest.raises(ValueError):
        DefineRegion(code=code, name="East")


def test_each_thing_has_a_key_of_its_own():
    keys = [region.key("SH"), branch.key("SH"), territory.key("SH"), representative.key("SH")]
    assert keys == ["region-SH", "branch-SH", "territory-SH", "representative-SH"]


DEFINED = TerritoryDefined(code="SH-1", name="浦东", branch="SH", region="E")
ASSIGNED = RepresentativeAssigned(territory="SH-1", representative="wei.lin", since=date(2025, 5, 6))


def assign(login: str, since: str) -> AssignRepresentative:
    return AssignRepresentative(territory="SH-1", representative=login, since=date.fromisoformat(since))


def test_a_territory_is_given_to_a_representative_from_a_day_on():
    state = TERRITORY.fold(TERRITORY.state(), [DEFINED])
    assert TERRITORY.decide(state, assign("wei.lin", "2025-05-06")) == [ASSIGNED]


def test_a_territory_is_defined_before_it_is_assigned():
    with pytest.raises(Refused, match="territory-undefined"):
        TERRITORY.decide(TERRITORY.state(), assign("wei.lin", "2025-05-06"))


def test_an_assignment_does_not_begin_before_the_one_it_follows():
    state = TERRITORY.fold(TERRITORY.state(), [DEFINED, ASSIGNED])
    assert TERRITORY.decide(state, assign("wei.lin", "2025-05-06")) == []
    assert TERRITORY.decide(state, assign("li.na", "2025-05-07"))
    with pytest.raises(Refused, match="assignment-out-of-order"):
        TERRITORY.decide(state, assign("li.na", "2025-05-05"))


def test_a_territory_keeps_its_branch_and_a_branch_its_region_for_the_scope_of_dealers_follows_them():
    state = TERRITORY.fold(TERRITORY.state(), [DEFINED, ASSIGNED])
    with pytest.raises(Refused, match=r"territory-fixed: SH-1 lies in SH for good.*another code in HZ"):
        TERRITORY.decide(state, DefineTerritory(code="SH-1", name="浦东", branch="HZ", region="E"))
    assert state.representative == "wei.lin"
    defined = BRANCH.fold(BRANCH.state(), [BranchDefined(code="SH", name="Shanghai", region="E")])
    with pytest.raises(Refused, match=r"branch-fixed: SH lies in E for good.*another code in S"):
        BRANCH.decide(defined, DefineBranch(code="SH", name="Shanghai", region="S"))
