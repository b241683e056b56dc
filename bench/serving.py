"""A service's application called as its server calls it, without a network: the handler and what stands before it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from bench.stack import Bench
from eventlog.database import connect_pool
from eventlog.projector import Projector
from service.rls import RowSecurity
from service.scope import Reader
from service.testing import bearer, settings_of


class Answer(NamedTuple):
    """Status, body and how long it took, in milliseconds."""

    status: int
    body: bytes
    milliseconds: float

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)


class Serving(NamedTuple):
    """An application, its reader's pool of connections and its generation."""

    app: Any
    reader: Reader
    reader_pool: Any
    schema: str

    async def get(self, url: str, headers: dict[str, str]) -> Answer:
        """Call the application."""
        return await call(self.app, url, headers)

    async def ask(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Post a question in JSON."""
        return await call(self.app, url, headers | {"Content-Type": "application/json"}, "POST", body)


@asynccontextmanager
async def serving(bench: Bench, **settings: Any) -> AsyncIterator[Serving]:
    """Serve the benchmark's service from the tables that it has."""
    projector = Projector(bench.member.name, bench.plan.tables.values(), bench.pool, bench.partitions,
                          security=RowSecurity.of(bench.urls.name), prefix=bench.prefix)  # fmt: skip
    schema = await projector.start()
    reader = await Reader.connect(bench.urls.reader)
    pool = await connect_pool(bench.urls.reader, size=8, bounded=False)
    made = settings_of(database_url=bench.urls.app, reader_database_url=bench.urls.reader, **settings)
    service = bench.member.declaration
    runtime = service.runtime(made, log=bench.log, pool=bench.pool, reader=reader, projector=projector)
    try:
        yield Serving(service.application(made, runtime=runtime), reader, pool, schema)
    finally:
        await pool.close()
        await reader.close()


async def call(app: Any, url: str, headers: dict[str, str], method: str = "GET", sent: bytes = b"") -> Answer:
    """One request through ASGI."""
    parts = urlsplit(url)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": parts.path, "raw_path": parts.path.encode(), "query_string": parts.query.encode(), "root_path": "",
        "headers": [(b"host", b"bench"), *((name.lower().encode(), value.encode()) for name, value in headers.items())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    status, body = 0, b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, body
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            body += message.get("body", b"")

    started = time.perf_counter()
    await app(scope, receive, send)
    return Answer(status, body, (time.perf_counter() - started) * 1000)


HEAD = bearer("head_of_marketing")
