"""The proxy knows a commit when it passes, however it is cut into pieces."""

from __future__ import annotations

import pytest

from faults.frontend import Frontend

STARTUP = b"\x00\x00\x00\x08\x04\xd2\x16\x2f" + b"\x00\x00\x00\x0d\x00\x03\x00\x00user\0"


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


def prepared(query: bytes) -> bytes:
    return message(b"P", b"s1\0" + query + b"\0\0\0") + message(b"S")


CALL = message(b"B", b"\0s1\0\0\0\0\0\0\0") + message(b"E", b"\0\0\0\0\0") + message(b"S")


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_an_append_is_seen_when_its_call_ends_and_a_read_is_not(size: int) -> None:
    def seen(query: bytes) -> list[bool]:
        front, sent = Frontend(), STARTUP + prepared(query) + CALL + CALL
        return [front.commits(sent[at : at + size]) for at in range(0, len(sent), size)]

    assert sum(seen(b"select * from log.append($1)")) == (1 if size == 1000 else 2)
    assert not any(seen(b"select 1"))


def test_a_commit_in_words_is_seen() -> None:
    front = Frontend()
    assert not front.commits(STARTUP + message(b"Q", b"BEGIN;\0"))
    assert front.commits(message(b"Q", b"COMMIT;\0"))
