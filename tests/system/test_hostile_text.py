"""What nobody can see never becomes an event, by no route: every text of every body, row, path and query is tried."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from foreign_writes import DEALER, NUMBER, WRITES
from test_bad_input import ROUTES as BODIES
from test_bad_input import somebody
from varied import DEALERS

from dealerlog.fleet import MEMBERS
from service.declaring import JSON, Declaration
from service.routing import DeclaredRoute
from service.testing import settings_of

NDJSON = "application/x-ndjson"
HOSTILE = "A\u0000b"
FAR = {"date": ["9999-12-31", "0001-01-01", "1764547200"], "integer": ["99999999999999999999", "-1"], "uuid": [HOSTILE]}
AWAY = (503, 504)
"""The owner of a log is away or its events are not here: nothing else is served, and the parameter was taken."""
LOGIN = {
    "code": "T1", "login": "wang", "number": "O-0", "name": "tiering", "service": "tiering",
    "period": "2026-01", "group": "G1",
    **dict.fromkeys(("draft", "statement", "limit", "task", "security", "suspicion"), DEALERS[0]),
}  # fmt: skip
HOLDING = r"select count(*) from log.event where position('\u0000' in convert_from(document, 'UTF8')) > 0"
MORE: dict[str, dict[str, Any]] = {
    "customer-registry": {
        "POST /dealers:onboard": [{"source": "erp", "number": "N-1", "name": "New"}],
        "POST /policies": {"content": {"name": "tiering"}},
    },
    "credit-rating": {"POST /dealers/{dealer}/statements": {"month": "2026-05"}},
    "tiering": {},
    "reporting": {},
}
"""Bodies that no bound role may send, beside `WRITES`; any other is made from its schema."""
FILLED = {"territory": "T1", "reviewed_by": "li", "approved_by": "wu", "from": "2026-01-01", "to": "2026-12-31"}


def document(service: str) -> dict[str, Any]:
    """The OpenAPI document of a service."""
    made: dict[str, Any] = MEMBERS[service].declaration.application(settings_of()).openapi()
    return made


DOCUMENTS = {service: document(service) for service in MEMBERS}


def resolved(service: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself where it is a reference."""
    if "$ref" in schema:
        return DOCUMENTS[service]["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def value(service: str, schema: dict[str, Any]) -> Any:
    """A value of a schema, as plain as can be."""
    schema = resolved(service, schema)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return value(service, next((s for s in schema[several] if s.get("type") != "null"), {}))
    match schema:
        case {"const": fixed}:
            return fixed
        case {"enum": [first, *_]}:
            return first
        case {"type": "object"}:
            return {name: value(service, each) for name, each in schema.get("properties", {}).items()}
        case {"type": "array"}:
            return [value(service, schema["items"])]
        case {"type": "integer"}:
            return schema.get("minimum", 1)
        case {"type": "number"}:
            return 1
        case {"type": "boolean"}:
            return False
        case {"type": "string", "format": "date"}:
            return "2026-12-01"
        case {"type": "string", "format": "uuid"}:
            return DEALERS[0]
        case {"type": "string", "pattern": pattern}:
            return next(each for each in ("1", "CNY", "T1", "2026-01") if re.search(pattern, each))
        case _:
            return "We agreed on two shelves."


def body_of(service: str, declared: Declaration) -> Any:
    """A body of a route that would be taken but for a text."""
    route = f"{declared.method} {declared.path}"
    given = WRITES[service].get(route) or MORE[service].get(route)
    operation = DOCUMENTS[service]["paths"].get(declared.path, {}).get(declared.method.lower(), {})
    if given is None and declared.accepts == JSON and "requestBody" in operation:
        given = value(service, operation["requestBody"]["content"][JSON]["schema"])
    return json.loads(json.dumps(given).replace(DEALER, DEALERS[0]).replace(NUMBER, "C-0"))


def spoiled(said: Any) -> Iterator[Any]:
    """The value with each of its texts, one after the other, made hostile."""
    match said:
        case str():
            yield HOSTILE
        case dict():
            for name, each in said.items():
                yield from (said | {name: bad} for bad in spoiled(each))
        case list():
            for at, each in enumerate(said):
                yield from ([*said[:at], bad, *said[at + 1 :]] for bad in spoiled(each))


WITH_TEXT = [each for each in BODIES if any(True for _ in spoiled(body_of(*each.values)))]


def test_texts_are_tried_at_most_routes_that_write() -> None:
    assert len(WITH_TEXT) >= 30


@pytest.mark.parametrize("service", sorted(MEMBERS))
async def test_no_text_of_any_body_or_row_may_hold_a_nul(served: Any, service: str) -> None:
    here, wrong = await served(service), []
    before = await here.events()
    for each in WITH_TEXT:
        owner, declared = each.values
        if owner != service:
            continue
        where = declared.path.format_map(
            LOGIN | dict.fromkeys(("dealer", "run", "event", "entry", "import_id", "delegation"), DEALERS[0])
        )
        params = {n: v for n, v in FILLED.items() if declared.path == "/dealers:onboard"}
        for bad in spoiled(body_of(service, declared)):
            headers = somebody(service, declared) | {"Idempotency-Key": f"{len(wrong)} {hash(str(bad))}"}
            headers |= {"If-Match": '"1"', "Content-Type": declared.accepts}
            lines = bad if declared.accepts == NDJSON else [bad]
            content = "\n".join(map(json.dumps, lines))
            answer = await here.http.request(declared.method, where, headers=headers, content=content, params=params)
            refused = answer.status_code in (400, 422)
            if declared.accepts == NDJSON and answer.status_code == 200:
                verdicts = [json.loads(line) for line in answer.text.splitlines()[:-1]]
                refused = any(v["verdict"] == "rejected" and v["code"] == "invalid" and v["reason"] for v in verdicts)
            if not refused:
                wrong.append((declared.path, bad, answer.status_code, answer.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))
    nobody = await here.pool.fetchval(HOLDING)
    assert nobody == 0 and await here.events() >= before


def hostile(schema: dict[str, Any]) -> list[str]:
    """Values of a parameter that must be a clear no, or harmless."""
    kinds = [schema, *schema.get("anyOf", [])]
    found = [HOSTILE]
    for kind in kinds:
        found += FAR.get(kind.get("format", ""), []) + FAR.get(kind.get("type", ""), [])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("service", sorted(MEMBERS))
async def test_no_parameter_of_any_read_brings_a_service_down(served: Any, service: str) -> None:
    here, wrong, tried = await served(service), [], 0
    for route in here.app.routes:
        if not isinstance(route, DeclaredRoute) or route.declared.method != "GET" or route.declared.public:
            continue
        named = [("path", p.alias, p.field_info) for p in route.dependant.path_params]
        named += [("query", name, None) for name in sorted(route.known_query)]
        values = {HOSTILE, *(each for some in FAR.values() for each in some)}
        for place, name, _ in named:
            for bad in sorted(values):
                fills = LOGIN | dict.fromkeys(
                    ("dealer", "run", "event", "grade", "export", "import_id", "delegation"), DEALERS[0]
                )
                fills |= dict.fromkeys(("partition", "sequence", "version", "row"), "1")
                quoted = bad.replace("\0", "%00")
                where = re.sub(r":\w+}", "}", route.declared.path).format_map(
                    fills | ({name: quoted} if place == "path" else {})
                )
                params = {n: v for n, v in FILLED.items() if n in route.known_query and n in ("from", "to")}
                params |= {name: bad} if place == "query" else {}
                answer = await here.http.get(where, headers=somebody(service, route.declared), params=params)
                tried += 1
                if answer.status_code >= 500 and not (name == "known_at" and answer.status_code in AWAY):
                    wrong.append((where, params, answer.status_code, answer.text[:120]))
                if bad == HOSTILE and answer.status_code < 400:
                    wrong.append((where, params, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert tried > 50
