"""On which line a value of a JSON text stands, whatever the text looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.json_lines import NotReadable, line_at, read

names = st.sampled_from(["a", "b", 'c:{"'])
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


def paths(value: Any, path: str = "") -> list[str]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [f"{path}.{name}" if path else str(name) for name, _ in pairs]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [path, *(each for start, one in zip(below, inner, strict=True) for each in paths(one, start))]


@given(documents)
def test_every_value_has_a_line_and_they_are_in_order(document: Any) -> None:
    text = json.dumps(document, indent=1)
    said, lines = read(text)
    assert said == document and list(lines) == paths(document)
    assert list(lines.values()) == sorted(lines.values()) and max(lines.values()) <= text.count("\n") + 1
    assert set(read(json.dumps(document))[1].values()) == {1}


def test_a_value_is_found_on_its_line_and_a_missing_one_where_it_should_be() -> None:
    _, lines = read('{"a": 1,\n "b": {\n  "c": [1,\n   2]}}')
    assert [line_at(lines, path) for path in ("a", "b", "b.c", "b.c.1", "b.d", "x")] == [1, 2, 3, 4, 2, 1]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('{"a": 1,\n"b" 2}', 2, "Expecting ':'"),
        ('{"a": {\n"b": 1,\n"b": 2}}', 3, "twice"),
        ("", 1, "Expecting value"),
        ("[" * 100_000, 1, "deep"),
        ("9" * 5_000, 1, "digits"),
    ],
)
def test_what_is_not_json_says_on_which_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(NotReadable, match=problem) as refused:
        read(text)
    assert refused.value.line == line
