"""What a text that comes in may hold: only what a reader can see, so that two texts that look alike are alike.

`code`, `name` and `text` return the text or raise ValueError, which names the character, its place and what to do.
"""

import re
from collections.abc import Callable
from typing import Any
from unicodedata import category

LINES = frozenset("\n\t")
HIDDEN = frozenset(map(chr, (*range(0x200B, 0x200E), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)))
"""Characters without width, and those that turn the direction of what follows."""
UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
BACKSLASH, NUL, ESCAPED_NUL = b"\\", b"\\u0000", re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def code(value: str) -> str:
    """A number, a code, a login: no invisible character at all, and no blank around it."""
    if not value.isprintable():
        _require(value, lambda sign: category(sign) not in UNSEEN | {"Cf"})
    if value != value.strip():
        raise ValueError("blanks around it: write it without")
    return value


def name(value: str) -> str:
    """One line: no control characters, none without width, none that turns the direction, and not blank."""
    if not value.isprintable():
        _require(value, lambda sign: sign not in HIDDEN and category(sign) not in UNSEEN)
    if not value.strip():
        raise ValueError("blank: write something")
    return value


def text(value: str) -> str:
    """Text of several lines: no control characters but line ends and tabs."""
    if not value.isprintable():
        _require(value.replace("\r\n", "\n"), lambda sign: sign in LINES or category(sign) not in {"Cc", "Cs"})
    return value


def throughout(value: Any) -> Any:
    """JSON of any shape, each of its texts, names of members as well, held to `text`."""
    match value:
        case str():
            text(value)
        case dict():
            for member, each in value.items():
                text(member)
                throughout(each)
        case list() | tuple():
            for each in value:
                throughout(each)
    return value


def parameter(value: str) -> str:
    """A text in an address: no control characters."""
    if not value.isprintable():
        _require(value, lambda sign: category(sign) not in {"Cc", "Cs"})
    return value


def legible(document: bytes) -> bytes:
    """The document as it is read: no table holds the character U+0000, so where an event has one it reads U+FFFD."""
    if BACKSLASH in document and NUL in document:  # hardly any has one, and one byte is found ten times as fast
        return ESCAPED_NUL.sub(rb"\1\\ufffd", document)
    return document


def _require(value: str, fits: Callable[[str], bool]) -> None:
    for place, sign in enumerate(value, start=1):
        if not fits(sign):
            kind = "control" if category(sign) in {"Cc", "Cs"} else "invisible"
            raise ValueError(f"{kind} character U+{ord(sign):04X} at place {place}: take it out")
