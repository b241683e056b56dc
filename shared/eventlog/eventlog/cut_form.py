"""A cut as people and programs write it: JSON such as `{"credit-rating": {"0": 17}}`, or the same as one word.

It comes from outside, so it is read by its form alone: no number in it is computed with before it is known to be a
sequence of a partition that there is.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection
from typing import Any

from eventlog.position import Cut, cut_to_json

MOST_CHARACTERS = 8_000
LAST_SEQUENCE = 2**63 - 1
BLANK = r"[ \t\r\n]*"
NUMBER = "(?:0|[1-9][0-9]{0,18})"
SOURCE = '"[a-z][a-z-]{0,63}"'


def _object(key: str, value: str) -> str:
    member = f"{key}{BLANK}:{BLANK}{value}"
    return rf"\{{{BLANK}(?:{member}{BLANK}(?:,{BLANK}{member}{BLANK})*)?\}}"


FORM = re.compile(BLANK + _object(SOURCE, _object(f'"{NUMBER}"', NUMBER)) + BLANK)
"""Objects two deep, whole numbers written plainly: neither nesting nor another kind of number gets further."""


class NoCut(ValueError):
    """What was said is no cut of this installation; its text says what one looks like."""


def token_of(cut: Cut) -> str:
    """A cut as one opaque word, for links."""
    text = json.dumps(cut_to_json(cut), separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def read_cut(said: str, sources: Collection[str], partitions: int) -> Cut | None:
    """The cut in its JSON or its word; None where something else was said, such as a moment.

    `sources`: the logs there are, `partitions`: how many each has. Raises `NoCut`.
    """
    text = said.strip() if said.lstrip().startswith("{") else _of_word(said)
    if text is None:
        return None
    try:
        if len(text) > MOST_CHARACTERS or not FORM.fullmatch(text):
            raise NoCut("it is of another form")
        cut: dict[str, dict[int, int]] = {
            source: {int(partition): sequence for partition, sequence in ends.items()}
            for source, ends in json.loads(text, object_pairs_hook=_once).items()
        }
        _require_known(cut, sources, partitions)
    except NoCut as error:
        raise NoCut(f"{error}; {looks_like(partitions)}") from None
    return cut


def looks_like(partitions: int) -> str:
    """What a cut looks like, in words."""
    return (
        'a cut looks like {"credit-rating": {"0": 17}}: each log with its partitions '
        f"(0 to {partitions - 1}), each with its last sequence, a whole number from 0"
    )


def _of_word(said: str) -> str | None:
    if not said.startswith("e"):  # a brace begins so in base64, a moment never
        return None
    try:
        text = base64.b64decode(said + "=" * (-len(said) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return text if text.startswith("{") else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NoCut("it names something twice")
    return found


def _require_known(cut: Cut, sources: Collection[str], partitions: int) -> None:
    for source, ends in cut.items():
        if source not in sources:
            raise NoCut(f"there is no log {source}, only {', '.join(sorted(sources))}")
        for partition, sequence in ends.items():
            if partition >= partitions:
                raise NoCut(f"there is no partition {partition}")
            if sequence > LAST_SEQUENCE:
                raise NoCut(f"no sequence exceeds {LAST_SEQUENCE}")
