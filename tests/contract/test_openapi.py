"""The OpenAPI documents hold together as client generators need it: references lead somewhere, names are unique.

A real generator runs over them in `test_generated_client.py`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SERVICES = Path(__file__).parents[2] / "services"
NAMES = sorted(path.parent.name for path in SERVICES.glob("*/openapi.json"))
UNSHAPED = {"/health/live", "/health/ready", "/ops/log/{partition}/events"}
"""Answers for probes and for other services of ours, of no shape that a client should rely on."""


def document(service: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((SERVICES / service / "openapi.json").read_text("utf-8"))
    return read


def operations(service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document(service)["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def references(node: Any) -> Iterator[str]:
    match node:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for each in node.values():
                yield from references(each)
        case list():
            for each in node:
                yield from references(each)


@pytest.mark.parametrize("service", NAMES)
def test_every_reference_leads_to_a_shape(service: str) -> None:
    whole = document(service)
    known = {f"#/components/schemas/{name}" for name in whole["components"]["schemas"]}
    assert set(references(whole)) <= known


@pytest.mark.parametrize("service", NAMES)
def test_no_shape_bears_the_path_of_a_module(service: str) -> None:
    schemas = document(service)["components"]["schemas"]
    assert not [name for name in schemas if "__" in name]
    titles = Counter(each["title"] for each in schemas.values() if "title" in each)
    assert set(titles.values()) == {1}, "a generator names its models by their titles"


@pytest.mark.parametrize("service", NAMES)
def test_every_operation_has_a_name_of_its_own(service: str) -> None:
    named = Counter(operation.get("operationId") for _, operation in operations(service))
    assert None not in named and set(named.values()) == {1}


@pytest.mark.parametrize("service", NAMES)
def test_what_comes_and_goes_as_json_has_a_named_shape(service: str) -> None:
    nameless = []
    for label, operation in operations(service):
        answers = {status: each for status, each in operation["responses"].items() if status.startswith("2")}
        assert answers, label
        told = [*answers.values(), *([operation["requestBody"]] if "requestBody" in operation else [])]
        for each in told:
            content = each.get("content", {}).get("application/json")
            shaped = content is None or any(references(content)) or label.partition(" ")[2] in UNSHAPED
            nameless += [] if shaped else [label]
    assert not nameless


@pytest.mark.parametrize("service", NAMES)
def test_every_problem_is_told_of_as_a_problem_document(service: str) -> None:
    for label, operation in operations(service):
        for status, answer in operation["responses"].items():
            if status >= "400" and label.partition(" ")[2] not in UNSHAPED:
                assert "application/problem+json" in answer["content"], (label, status)
