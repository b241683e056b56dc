"""Deciders: pure halves of a write, for a category that their owner declares."""

import msgspec
import pytest

from events import Decider, Event, Refused, RegionDefined
from events.decider import Claims, refuse


class Region(msgspec.Struct, frozen=True):
    names: tuple[str, ...] = ()


def decide(state: Region, command: str) -> list[Event]:
    if command in state.names:
        refuse("name-unchanged", "Give the region another name.", name=command)
    return [RegionDefined(code="SOUTH", name=command)]


def evolve(state: Region, event: RegionDefined) -> Region:
    return Region((*state.names, event.name))


def test_a_decider_folds_what_it_decided_and_names_its_stream() -> None:
    region = Decider("customer-registry", "region", Region, decide, evolve)
    state = region.fold(Region(), decide(Region(), "华南大区"))
    assert (state.names, region.kind, region.stream("region-SOUTH")) == (
        *(("华南大区",), "edited", "region-SOUTH/region"),
    )
    assert region.claims(RegionDefined(code="SOUTH", name="x")) == Claims()
    with pytest.raises(Refused) as refused:
        region.decide(state, "华南大区")
    assert (refused.value.code, refused.value.extras) == ("name-unchanged", {"name": "华南大区"})


def test_a_decider_rules_a_category_of_its_owner() -> None:
    with pytest.raises(TypeError, match="declares no stream category 'region'"):
        Decider("tiering", "region", Region, decide, evolve)
