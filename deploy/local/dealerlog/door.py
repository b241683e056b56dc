"""The front door: one port under which a browser reaches all four services, as an ingress does in a cluster.

`/credit-rating/…` goes to credit-rating without its prefix, `/customer-registry/…` and `/tiering/…` likewise, all else
to reporting, whose pages post to the others. One origin, so one sign-in: the session's cookie is every service's.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

HOST = "127.0.0.1"
PAGES = "reporting"
"""Who answers what bears no service's name."""
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
OF_ONE_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding"
    b" upgrade".split()
)
"""Headers that speak of a connection and not of the message (RFC 9110, 7.6.1)."""
SAID_BY_THE_DOOR = re.compile(rb"x-forwarded-.*|forwarded\Z")
LINKED = re.compile(rb"<(?=/(?!/))")
CONNECT_SECONDS, IDLE_SECONDS = 5.0, 120.0
Headers = Iterable[tuple[bytes, bytes]]


def application(urls: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None) -> Starlette:
    """The door to these services: base URL by service name, reporting among them."""
    reached = transport or httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=200), trust_env=False)

    async def forward(request: Request) -> Response:
        prefix, path = divided(request.scope["raw_path"], urls)
        url = httpx.URL(urls[prefix.lstrip("/") or PAGES]).copy_with(
            raw_path=path + (b"?" + request.scope["query_string"] if request.scope["query_string"] else b"")
        )
        headers = [*kept(request.headers.raw), *forwarded(request, prefix)]
        timeout = {"connect": CONNECT_SECONDS, "read": IDLE_SECONDS, "write": IDLE_SECONDS, "pool": CONNECT_SECONDS}
        asked = httpx.Request(request.method, url, headers=headers, content=body_of(request),
                              extensions={"timeout": timeout})  # fmt: skip
        try:
            answer = await reached.handle_async_request(asked)
        except httpx.HTTPError as error:
            return away(prefix.lstrip("/") or PAGES, error)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        given = StreamingResponse(answer.stream, answer.status_code, background=BackgroundTask(answer.stream.aclose))
        given.raw_headers = list(led_back(kept(answer.headers.raw), prefix.encode()))
        return given

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with reached:
            yield

    return Starlette(routes=[Route("/{path:path}", forward, methods=METHODS)], lifespan=lifespan)


def divided(path: bytes, names: Iterable[str]) -> tuple[str, bytes]:
    """The service's prefix and the path behind it; no prefix is reporting's."""
    first, _, rest = path.removeprefix(b"/").partition(b"/")
    name = first.decode("latin-1")
    return (f"/{name}", b"/" + rest) if name in names and name != PAGES else ("", path)


def kept(headers: Headers) -> list[tuple[bytes, bytes]]:
    """What is passed on: all but what speaks of one hop, and what only a proxy may say."""
    every = [(name.lower(), value) for name, value in headers]
    named = {each.strip().lower() for name, value in every if name == b"connection" for each in value.split(b",")}
    return [
        (name, value)
        for name, value in every
        if name not in OF_ONE_HOP and name not in named and not SAID_BY_THE_DOOR.match(name)
    ]


def forwarded(request: Request, prefix: str) -> list[tuple[bytes, bytes]]:
    """Who asked, by which address, and what was taken off the path."""
    said = {
        "x-forwarded-for": request.client.host if request.client else HOST,
        "x-forwarded-host": request.headers.get("host", HOST),
        "x-forwarded-proto": request.url.scheme,
    } | ({"x-forwarded-prefix": prefix} if prefix else {})
    return [(name.encode(), value.encode("latin-1")) for name, value in said.items()]


def body_of(request: Request) -> AsyncIterator[bytes] | None:
    """The body as it comes; None where there is none, so that none is announced."""
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    return request.stream() if has_body else None


def led_back(headers: Headers, prefix: bytes) -> Iterable[tuple[bytes, bytes]]:
    """Addresses in `Location` and `Link` are of the service's own root: the prefix stands before them again."""
    for name, value in headers:
        if prefix and name == b"location" and value.startswith(b"/") and not value.startswith(b"//"):
            yield name, prefix + value
        elif prefix and name == b"link":
            yield name, LINKED.sub(b"<" + prefix, value)
        else:
            yield name, value


def away(service: str, error: httpx.HTTPError) -> Response:
    """A service does not answer; repeating is safe, as every write has its key."""
    said = {
        "type": "urn:dealerlog:problem:temporarily-unavailable",
        "title": "Temporarily unavailable",
        "status": 503,
        "detail": f"{service} does not answer ({type(error).__name__}).",
        "do": "Repeat with the same Idempotency-Key.",
    }
    return JSONResponse(said, 503, {"Retry-After": "2"}, media_type="application/problem+json")


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m dealerlog.door 8017 reporting=http://127.0.0.1:8013 …`: serve on loopback until told to stop."""
    parser = argparse.ArgumentParser(prog="dealerlog.door", description="one port for all services of an installation")
    parser.add_argument("port", type=int)
    parser.add_argument("services", nargs="+", metavar="service=url")
    given = parser.parse_args(arguments)
    urls = dict(pair.split("=", 1) for pair in given.services)
    if PAGES not in urls:
        parser.error(f"name where {PAGES} is: it answers what bears no service's name")
    uvicorn.run(application(urls), host=HOST, port=given.port, log_level="warning", access_log=False,
                proxy_headers=False, server_header=False, date_header=False, timeout_graceful_shutdown=5)  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
