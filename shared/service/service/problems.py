"""RFC 9457 problem documents: every error of every service has a stable `type`, a status and says what to do.

A handler raises `Problem("code", "sentence", **extras)`; a decider raises `events.Refused`; both answer
`{"type": "urn:dealerlog:problem:<code>", "title", "status", "detail", "instance", "trace", **extras}`.
An idempotency key used again with other content is 422, a missing one 400, as the IETF draft has it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """What one code means: its status, its title, what the caller can do, and after how long (seconds)."""

    status: int
    title: str
    do: str
    retry_after: int | None = None


PROBLEMS: dict[str, Kind] = {
    "malformed-json": Kind(400, "Malformed JSON", "Send one well-formed JSON document in UTF-8."),
    "idempotency-key-missing": Kind(
        400, "Idempotency-Key missing", "Send Idempotency-Key: a name of this request, up to 255 characters, unique."
    ),
    "malformed-header": Kind(400, "Malformed header", "Correct the header that the detail names."),
    "invalid-cursor": Kind(400, "Invalid cursor", "Follow the link of the page before, or start without a cursor."),
    "unauthenticated": Kind(401, "Not signed in", "Send Authorization: Bearer <token>, or sign in."),
    "invalid-token": Kind(401, "Invalid token", "Fetch a new token for this audience."),
    "forbidden": Kind(403, "Not permitted", "Ask someone whose role holds the permission that is named."),
    "csrf": Kind(403, "Request not from our pages", "Send X-CSRF-Token as the page gives it."),
    "not-found": Kind(404, "Not found", "Check the address; what lies outside your scope is not found either."),
    "method-not-allowed": Kind(405, "Method not allowed", "Use a method that Allow names."),
    "conflict": Kind(409, "Conflict", "Read the current state and decide again."),
    "document-conflict": Kind(
        409, "Document known with other content", "Reverse the document that is there, or give this one its own number."
    ),
    "claim-taken": Kind(409, "Already taken", "Use another value, or the document that holds it."),
    "position-superseded": Kind(
        409, "Position of another history", "The log was restored to before that write: send the command again."
    ),
    "stale-version": Kind(412, "Stale version", "Read again, merge, and send the ETag you then got as If-Match."),
    "too-large": Kind(413, "Body too large", "Send less at once; Dealerlog-Limit says how much, in bytes."),
    "wrong-media-type": Kind(415, "Wrong media type", "Send the Content-Type that the detail names."),
    "invalid": Kind(422, "Invalid input", "Correct the fields that `errors` points at; nothing was changed."),
    "list-too-long": Kind(422, "List too long for a file", "Narrow the filters, or read it page by page as JSON."),
    "idempotency-key-reused": Kind(
        422, "Idempotency-Key reused", "This key was used for another content; send a new key for a new request."
    ),
    "if-match-missing": Kind(428, "If-Match missing", "Read the resource and send its ETag as If-Match."),
    "too-many-requests": Kind(429, "Too many requests", "Wait as Retry-After says.", 1),
    "internal": Kind(500, "Internal error", "Report the trace number; repeat with the same Idempotency-Key."),
    "temporarily-unavailable": Kind(503, "Temporarily unavailable", "Repeat with the same Idempotency-Key.", 2),
    "log-closed": Kind(503, "Log not open", "The operator must adopt the log first (dealerlog adopt).", 30),
    "owner-away": Kind(
        503, "Owner of a log away", "Repeat in a moment, or give known_at as a cut: that asks nobody.", 2
    ),
    "unreadable": Kind(503, "Newer data than this code", "Wait until this service is updated, then repeat.", 10),
    "stream-parked": Kind(503, "Stream parked", "An event of this stream waits for the operator; see /ops/parked.", 30),
    "not-yet-visible": Kind(504, "Not yet visible", "Repeat in a moment; `lag_events` says how far behind it is.", 1),
    "timed-out": Kind(504, "Timed out", "Ask for less, or repeat in a moment.", 1),
}


class Problem(Exception):
    """An answer that is an error: a code of the table, a sentence, and members that help."""

    def __init__(self, code: str, detail: str | None = None, *, headers: Mapping[str, str] | None = None,
                 **extras: Any) -> None:  # fmt: skip
        super().__init__(f"{code}: {detail or ''}")
        self.code, self.detail, self.extras, self.headers = code, detail, extras, dict(headers or {})


def kind_of(code: str, declared: Mapping[str, Kind] | None = None) -> Kind:
    """The kind a code stands for: the service's own first; an undeclared refusal of a decider is a 409."""
    known = (declared or {}).get(code) or PROBLEMS.get(code)
    return known or Kind(409, code.replace("-", " ").capitalize(), "Read the current state and decide again.")


def type_uri(code: str) -> str:
    """The stable `type` of a code."""
    return f"urn:dealerlog:problem:{code}"


def document(problem: Problem, *, instance: str | None = None, trace: str | None = None,
             declared: Mapping[str, Kind] | None = None) -> dict[str, Any]:  # fmt: skip
    """The problem document of a problem; extras come after the standard members and never replace them."""
    kind = kind_of(problem.code, declared)
    head: dict[str, Any] = {
        "type": type_uri(problem.code),
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail or kind.do,
        "do": kind.do,
    }
    if instance:
        head["instance"] = instance
    if trace:
        head["trace"] = trace
    return head | {name: value for name, value in problem.extras.items() if name not in head}


def response(problem: Problem, *, instance: str | None = None, trace: str | None = None,
             declared: Mapping[str, Kind] | None = None) -> Response:  # fmt: skip
    """The HTTP answer of a problem, with Retry-After where repeating helps."""
    body = document(problem, instance=instance, trace=trace, declared=declared)
    kind = kind_of(problem.code, declared)
    headers = {"Cache-Control": "no-store"} | problem.headers
    if kind.retry_after is not None or problem.extras.get("retryable"):
        headers.setdefault("Retry-After", str(kind.retry_after or 1))
    if kind.status == 401:
        error = ', error="invalid_token"' if problem.code == "invalid-token" else ""
        headers.setdefault("WWW-Authenticate", f'Bearer realm="dealerlog"{error}')
    content = json.dumps(body, ensure_ascii=False, default=str, separators=(",", ":")).encode()
    return Response(content, status_code=kind.status, media_type=MEDIA_TYPE, headers=headers)
