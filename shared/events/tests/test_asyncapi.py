"""AsyncAPI documents: every reference resolves, every topic and message is there."""

from pathlib import Path
from typing import Any

import pytest

from events import EVENT_TYPES
from events.asyncapi import document, path_of, text_of
from events.catalogue import OWNERS, published_by

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


def test_nobody_publishes_what_another_service_owns() -> None:
    with pytest.raises(ValueError, match="cannot publish events of tiering"):
        document("reporting", ["SaleRecorded"], [])


def test_the_document_is_the_same_every_time_whatever_the_order() -> None:
    names = [kind.name for kind in published_by("tiering")]
    assert text_of(document("tiering", names, [])) == text_of(document("tiering", reversed(names), ()))
    assert path_of("tiering", Path("root")) == Path("root/services/tiering/asyncapi.json")
