"""AsyncAPI documents: every reference resolves, every topic and message is there."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from events import EVENT_TYPES
from events.asyncapi import document, path_of, text_of
from events.catalogue import OWNERS, published_by
from events.placement import Placement, pack, pack_epoch

Node = dict[str, Any]


def made(service: str) -> Node:
    everything = [name for name, kind in EVENT_TYPES.items() if kind.owner != service]
    return document(service, [kind.name for kind in published_by(service)], everything)


def references(node: object) -> list[str]:
    match node:
        case {"$ref": str(target)}:
            return [target]
        case dict():
            return [each for child in node.values() for each in references(child)]
        case list():
            return [each for child in node for each in references(child)]
        case _:
            return []


def resolve(whole: Node, pointer: str) -> object:
    node: Any = whole
    for step in pointer.removeprefix("#/").split("/"):
        node = node[step]
    return node


@pytest.mark.parametrize("service", OWNERS)
def test_every_reference_resolves_within_the_document(service: str) -> None:
    whole = made(service)
    targets = references(whole)
    assert len(targets) > len(EVENT_TYPES)
    for target in targets:
        assert resolve(whole, target)


def test_a_service_sends_to_its_own_topic_and_receives_from_the_others() -> None:
    whole = document("tiering", ["SaleRecorded"], ["DealerOnboarded", "InvoiceIssued"])
    assert sorted(whole["channels"]) == ["credit-rating.events", "customer-registry.events", "tiering.events"]
    assert {name: each["action"] for name, each in whole["operations"].items()} == {
        "send-tiering": "send",
        "receive-credit-rating": "receive",
        "receive-customer-registry": "receive",
    }
    kafka = whole["channels"]["tiering.events"]["bindings"]["kafka"]
    assert (kafka["partitions"], kafka["topicConfiguration"]["retention.ms"]) == (12, -1)
    assert whole["components"]["messages"]["SaleRecorded"]["headers"]["required"] == ["placement"]


def test_every_topic_says_what_a_fence_is_and_an_event_says_where_its_lineage_lies() -> None:
    whole = document("tiering", ["SaleRecorded"], ["InvoiceIssued"])
    for channel in whole["channels"].values():
        assert "Fence" in channel["messages"] and "highest lineage" in channel["description"]
    fence = whole["components"]["messages"]["Fence"]["headers"]
    assert fence["required"] == ["epoch"] and fence["not"] == {"required": ["placement"]}
    said = whole["components"]["messages"]["SaleRecorded"]["headers"]["properties"]
    assert set(said) == {"placement", "epoch"} and "behind 11 others" in said["placement"]["description"]
    placed = Placement(3, 7, None, 0x01020304, "d/ledger", 0, UUID(int=1), bytes(32), 1, 1, 0)
    assert pack(placed)[11:15] == bytes([1, 2, 3, 4]) == pack_epoch(0x01020304)


def test_nobody_publishes_what_another_service_owns() -> None:
    with pytest.raises(ValueError, match="cannot publish events of tiering"):
        document("reporting", ["SaleRecorded"], [])


def test_the_document_is_the_same_every_time_whatever_the_order() -> None:
    names = [kind.name for kind in published_by("tiering")]
    assert text_of(document("tiering", names, [])) == text_of(document("tiering", reversed(names), ()))
    assert path_of("tiering", Path("root")) == Path("root/services/tiering/asyncapi.json")
