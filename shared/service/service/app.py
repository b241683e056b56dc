"""A service as one declaration: `Service(name=…, routers=…, tables=…, …)` becomes an application or a process."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import ValidationError
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from service import failures, login, logs, ops, owner, standing
from service.edge import Edge
from service.lifecycle import Loop, serve
from service.list_files import Exports
from service.migrations import migrate
from service.openapi import document_of
from service.permissions import SHARED, Grants, permissions
from service.problems import Kind
from service.routing import Router, declared_routes, mount, require_declared, require_recorded
from service.runtime import Runtime
from service.settings import Settings
from service.telemetry import Telemetry
from service.tokens import verifier_of

Wire = Callable[["Service", Runtime], AbstractAsyncContextManager[None]]
"""Opens what a runtime needs (pools, log, loops) and closes it again."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """Everything that makes a service.

    Parameters
    ----------
    name: the service's name, its log's and its topic's (`credit-rating`).
    routers: one for each file of `api/`. `pages=True` adds the sign-in pages; `static` maps paths to public folders.
    permissions: `{permission: roles}`; with the shared ones they are all that a route may name.
    tables: the projections, `dealer_scope` among them; the logs they need follow from their handlers.
    reactions, clock: `eventlog.reactions.Reaction`s, and `eventlog.clock.Duty`s (with `due_table()` among the tables).
    problems: codes of refusals of its own deciders that are not 409, or deserve a title: `{code: Kind(…)}`.
    exports: how a list that goes out as a file is recorded; a service with a `Listing` needs it.
    loops: further things to do for ever, made when the runtime is open.
    """

    name: str
    title: str
    description: str = ""
    version: str = "0.1.0"
    routers: Sequence[Router]
    permissions: Grants = field(default_factory=dict)
    tables: Sequence[Any] = ()
    deciders: Sequence[Any] = ()
    reactions: Sequence[Any] = ()
    clock: Sequence[Any] = ()
    problems: Mapping[str, Kind] = field(default_factory=dict)
    exports: Exports | None = None
    migrations: Path | None = None
    static: Mapping[str, Path] = field(default_factory=dict)
    pages: bool = False
    loops: Callable[[Runtime], Sequence[Loop]] = lambda _: ()

    @cached_property
    def held(self) -> dict[str, frozenset[str]]:
        """The permissions of every role here."""
        return permissions(SHARED, self.permissions)

    def runtime(self, settings: Settings, **parts: Any) -> Runtime:
        """A runtime that is not opened yet; tests give it the parts they have."""
        return Runtime(name=self.name, settings=settings, verifier=verifier_of(settings), held=self.held,
                       problems=self.problems, exports=self.exports, **parts)  # fmt: skip

    def application(self, settings: Settings, *, runtime: Runtime | None = None, wire: Wire | None = None,
                    telemetry: Telemetry | None = None) -> FastAPI:  # fmt: skip
        """The application; raises `UndeclaredRoute` here, before it serves anything.

        `wire` opens the runtime when the application starts; without a runtime it is `service.wiring.opened`.
        """
        made = runtime or self.runtime(settings)
        if wire is None and runtime is None:
            from service.wiring import opened as wire

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            if wire is None:
                yield
            else:
                async with wire(self, made):
                    yield

        app = FastAPI(title=self.title, version=self.version, description=self.description, lifespan=lifespan,
                      openapi_url=None, docs_url=None, redoc_url=None)  # fmt: skip
        app.state.runtime = made
        pages = [login.router] if self.pages else []
        mount(app, [ops.public, ops.router, standing.router, owner.router, *pages, *self.routers])
        for path, folder in self.static.items():
            route = Mount(path, StaticFiles(directory=folder))
            route.public = True  # type: ignore[attr-defined]
            app.router.routes.append(route)
        require_declared(app, self.held)
        require_recorded(app, self.exports)
        failures.install(app)
        (telemetry or Telemetry(self.name)).instrument(app)
        app.add_middleware(Edge)
        document: dict[str, Any] = {}

        def openapi() -> dict[str, Any]:
            if not document:
                document.update(document_of(app, dict(self.problems)))
            return document

        app.openapi = openapi  # type: ignore[method-assign]
        return app

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """`serve` (default), `migrate`, or `routes`: what `python -m <package>.app` does. Returns the exit status."""
        (verb, *_) = [*(sys.argv[1:] if arguments is None else arguments), "serve"]
        try:
            settings = Settings()
        except ValidationError as error:
            for each in error.errors():
                where = ".".join(map(str, each["loc"])).upper()
                print(
                    f"{self.name}: {where}: {each['msg']}" if where else f"{self.name}: {each['msg']}", file=sys.stderr
                )
            return 2
        match verb:
            case "serve":
                logs.configure(self.name, settings.log_level)
                telemetry = Telemetry(self.name, endpoint=settings.otlp_endpoint)
                telemetry.install()
                try:
                    return serve(self.application(settings, telemetry=telemetry), settings)
                finally:
                    telemetry.close()
            case "migrate":
                owner = settings.owner_database_url or settings.database_url
                for name in migrate(owner.get_secret_value(), self.migrations):
                    print(name)
            case "routes":
                for method, path, permission in declared_routes(self.application(settings)):
                    print(f"{method:7}{path:50}{permission or 'public'}")
            case _:
                print(f"{self.name}: serve, migrate or routes, not {verb}", file=sys.stderr)
                return 2
        return 0
