"""What the OpenAPI document says of every route beyond its models: permission, headers, security, problems."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.problems import MEDIA_TYPE, PROBLEMS, Kind, Problem, document

if TYPE_CHECKING:
    from service.declaring import Declaration

READ_PROBLEMS = ("malformed-header", "unauthenticated", "forbidden", "not-found", "invalid", "too-many-requests",
                 "temporarily-unavailable", "not-yet-visible")  # fmt: skip
WRITE_PROBLEMS = (*READ_PROBLEMS, "malformed-json", "idempotency-key-missing", "conflict", "too-large",
                  "wrong-media-type", "idempotency-key-reused")  # fmt: skip
QUESTION_PROBLEMS = ("malformed-json", "too-large", "wrong-media-type", "timed-out")
LIST_PROBLEMS = ("invalid-cursor", "list-too-long")
EDIT_PROBLEMS = ("stale-version", "if-match-missing")

JSON = "application/json"
QUALIFIED = re.compile(r"[a-z0-9_]+__(?=[A-Z])")
"""A module's path before a model's name, as pydantic writes it where names clash."""
TEXT = ("text/", "application/x-ndjson")

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "stable; decide by this"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "do": {"type": "string", "description": "what the caller can do"},
        "instance": {"type": "string"},
        "trace": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body"},
                    "in": {"type": "string"},
                    "name": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "additionalProperties": True,
}

SECURITY_SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "for programs"},
    "session": {
        "type": "apiKey", "in": "cookie", "name": "dealerlog-session",
        "description": "for pages; unsafe methods also need X-CSRF-Token",
    },
}  # fmt: skip


def operation(declared: Declaration, files: tuple[str, ...] = ()) -> dict[str, Any]:
    """What to merge into a route's operation object; `files` are media types that it answers beside JSON."""
    gives = declared.gives or files
    given = {str(declared.status): _content(gives)} if gives else {}
    if declared.public:
        return {"security": []} | ({"responses": given} if given else {})
    codes: tuple[str, ...] = WRITE_PROBLEMS if declared.writes else READ_PROBLEMS
    if declared.safe:
        codes += QUESTION_PROBLEMS
    if declared.edits:
        codes += EDIT_PROBLEMS
    if files:
        codes += LIST_PROBLEMS
    return {
        "x-permission": declared.permission,
        **({"x-safe": True} if declared.safe else {}),
        "security": [{"bearer": []}, {"session": []}],
        "parameters": _headers(declared),
        "responses": given | _problems((*codes, *declared.problems), page=declared.page),
    }


def document_of(app: FastAPI, problems: dict[str, Kind]) -> dict[str, Any]:
    """The OpenAPI document of an application, with security schemes and the problem shape."""
    made: dict[str, Any] = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = made.setdefault("components", {})
    components["securitySchemes"] = SECURITY_SCHEMES
    components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    for operation in (each for path in made["paths"].values() for each in path.values()):
        _no_validation_error_of_fastapi(operation["responses"])
    made = _with_short_names(made)
    made["x-problems"] = {code: kind._asdict() for code, kind in sorted({**PROBLEMS, **problems}.items())}
    return made


def _with_short_names(made: dict[str, Any]) -> dict[str, Any]:
    """Models of one name in several modules bear their module's last word, not its path, which no client can use.

    `credit_rating__api__reviews__StepView` becomes `ReviewsStepView`.
    """
    models: dict[str, Any] = made["components"]["schemas"]
    short = {name: QUALIFIED.sub(_last_word, name) for name in models if "__" in name}
    if len({short.get(name, name) for name in models}) < len(models):
        raise ValueError(f"two models would be named alike: {', '.join(sorted(short))}")
    for name, word in short.items():
        models[name]["title"] = word
    text = json.dumps(made)
    for name, word in short.items():
        text = text.replace(f'"{name}"', f'"{word}"').replace(f'/{name}"', f'/{word}"')
    again: dict[str, Any] = json.loads(text)
    return again


def _last_word(found: re.Match[str]) -> str:
    """`credit_rating__api__limit_overrides__` → `LimitOverrides`."""
    return found[0].rstrip("_").rpartition("__")[2].title().replace("_", "")


def _no_validation_error_of_fastapi(responses: dict[str, Any]) -> None:
    """Input that does not validate is answered by a problem document, never by FastAPI's own shape."""
    content = responses.get("422", {}).get("content", {})
    if "HTTPValidationError" in str(content.get(JSON)):
        del content[JSON]
        content.setdefault(MEDIA_TYPE, {"schema": {"$ref": "#/components/schemas/Problem"}})


def _headers(declared: Declaration) -> list[dict[str, Any]]:
    text = {"type": "string"}
    headers = [
        _header("Dealerlog-Position-At-Least", "positions to wait for, comma-separated", text, False,
                "credit-rating:3:1234:1"),
    ]  # fmt: skip
    if declared.writes:
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        headers.append(
            _header("Idempotency-Key", "names this request; a repeat gets the same answer", key, True, "order-0815-1")
        )
        headers.append(_header("Correlation-Id", "joins what follows from this request", text, False, "import-17"))
    if declared.edits or "if-match-missing" in declared.problems:
        headers.append(_header("If-Match", "the ETag that was read", text, declared.edits, '"7"'))
    return headers


def _header(name: str, description: str, schema: dict[str, Any], required: bool, example: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema,
            "example": example}  # fmt: skip


def _content(media_types: tuple[str, ...]) -> dict[str, Any]:
    """An answer that is a file or lines of text."""
    described = {
        media_type: {"schema": {"type": "string"} | ({} if media_type.startswith(TEXT) else {"format": "binary"})}
        for media_type in media_types
    }
    return {"description": "Successful Response", "content": described}


def _problems(codes: tuple[str, ...], *, page: bool = False) -> dict[str, Any]:
    """What is answered instead; a page tells people of it as HTML."""
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        kind = PROBLEMS.get(code) or Kind(409, code.replace("-", " ").capitalize(), "")
        by_status.setdefault(kind.status, []).append(code)
    return {
        str(status): {
            "description": ", ".join(PROBLEMS[code].title if code in PROBLEMS else code for code in of_status),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {code: {"value": document(Problem(code))} for code in of_status},
                }
            }
            | ({"text/html": {"schema": {"type": "string"}}} if page else {}),
        }
        for status, of_status in sorted(by_status.items())
    }
