"""What a request says in its headers: its key, the version it read, the positions it saw, what it belongs to."""

from __future__ import annotations

import re

from fastapi import Request

from eventlog.position import Position
from service.problems import Problem
from service.runtime import Runtime
from service.telemetry import trace_id

POSITION, AT_LEAST = "Dealerlog-Position", "Dealerlog-Position-At-Least"
KEY, IF_MATCH, CORRELATION = "Idempotency-Key", "If-Match", "Correlation-Id"
PRINTABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?\Z")
VERSION = re.compile(r'"(\d{1,18})"\Z')
MOST_POSITIONS = 64
"""Every partition of all four logs, with room: a client that loaded all of them presents all of them."""


def idempotency_key(text: str | None) -> str:
    """The key of a request, bare or as a quoted string; 400 without one."""
    if text is None:
        raise Problem("idempotency-key-missing")
    key = text.strip()
    if len(key) > 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not PRINTABLE.match(key):
        raise Problem("malformed-header", "Idempotency-Key is 1 to 255 ASCII characters.")
    return key


def expected_version(headers: list[str], *, required: bool) -> int | None:
    """The version that If-Match names: one strong ETag such as "7"; a weak one never matches (412)."""
    if not headers:
        if required:
            raise Problem("if-match-missing")
        return None
    text = headers[0].strip()
    if len(headers) == 1 and text.startswith("W/"):
        raise Problem("stale-version", "A weak ETag never matches; send the strong one.")
    found = VERSION.match(text)
    if len(headers) != 1 or found is None:
        raise Problem("malformed-header", 'If-Match is one ETag as we gave it, such as "7".')
    return int(found[1])


def correlation(request: Request) -> str:
    """The id that joins what follows from one request: the caller's own, else the trace's."""
    given = request.headers.get(CORRELATION, "").strip()
    if not given:
        return trace_id()
    if len(given) > 64 or not PRINTABLE.match(given):
        raise Problem("malformed-header", f"{CORRELATION} is at most 64 ASCII characters.")
    return given


async def presented(request: Request, runtime: Runtime) -> None:
    """Wait until every position that the request presents is visible here; 504 with the lag if it takes too long."""
    texts = [text for header in request.headers.getlist(AT_LEAST) for text in header.split(",") if text.strip()]
    if not texts:
        return
    if len(texts) > MOST_POSITIONS:
        raise Problem("malformed-header", f"{AT_LEAST} takes at most {MOST_POSITIONS} positions.")
    try:
        positions = [Position.parse(text) for text in texts]
    except ValueError as error:
        raise Problem("malformed-header", f"{AT_LEAST}: {error}") from error
    await runtime.visible(positions)
