"""`docs/guarantees.md` names the test that holds each promise: every one of them exists."""

import ast
import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "docs" / "guarantees.md"
NAMED = re.compile(r"`([\w/.-]+\.py)::(\w+)`")
BUILT = ("1", "2", "3", "4", "5", "8", "9", "10")


def missing(page: str) -> list[str]:
    """Named tests that are not there."""
    found = []
    for path, name in NAMED.findall(page):
        file = CHECKOUT / path
        tree = ast.parse(file.read_text("utf-8")) if file.exists() else ast.Module([], [])
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        if name not in defined:
            found.append(f"{path}::{name}")
    return found


def test_every_test_that_a_promise_names_exists() -> None:
    assert missing(PAGE.read_text("utf-8")) == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    here = "tests/system/test_guarantees.py::"
    page = f"`{here}test_every_test_that_a_promise_names_exists` `{here}test_gone` `tests/system/test_none.py::test_x`"
    assert missing(page) == [f"{here}test_gone", "tests/system/test_none.py::test_x"]


def test_every_law_that_is_built_is_promised_and_held_by_a_test() -> None:
    sections = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    laws = {section.split()[0]: section for section in sections if section.split()[0].isdigit()}
    assert tuple(laws) == BUILT
    assert all("**Promised.**" in section and NAMED.search(section) for section in laws.values())
