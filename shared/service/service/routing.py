"""Declare a route and its permission in one line; what declares none keeps the service from starting.

    router = Router("orders")

    @router.post("/dealers/{dealer}/orders", permission="order.place", answers=OrderView)
    async def place_order(dealer: UUID, body: PlaceOrder, write: Write) -> Response: ...

Order of work for every request: size → who → may he → media type → positions presented → handler. Writes demand an
Idempotency-Key; `edits=True` demands If-Match as well (428 without). A `page=True` route sends a stranger to /login.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, create_model
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from events import wording
from service.access import SAFE, authenticate, require
from service.context import bind, writing
from service.declaring import JSON, Declaration, Router, UndeclaredRoute
from service.list_files import MEDIA_TYPES
from service.listing import exportable
from service.openapi import operation
from service.presenting import presented
from service.problems import Problem
from service.request import BoundedRequest


class DeclaredRoute(APIRoute):
    """A route that guards itself by its declaration."""

    def __init__(self, declared: Declaration) -> None:
        self.declared = declared
        options = dict(declared.options) | ({"response_class": Response} if declared.gives else {})
        hidden = not declared.options.get("include_in_schema", True)
        super().__init__(
            declared.path, (bind if declared.writes else exportable)(declared.endpoint), methods=[declared.method],
            response_model=answer_model(declared), status_code=declared.status, tags=[declared.tag],
            **options,
        )  # fmt: skip
        self.listed = any(hasattr(each.call, "listing") for each in _every(self.dependant))
        if not hidden:
            self.openapi_extra = operation(declared, files=tuple(MEDIA_TYPES.values()) if self.listed else ())
        self.known_query = frozenset(
            name
            for each in _every(self.dependant)
            for parameter in each.query_params
            for name in _query_names(parameter)
        )
        self._require_closed_bodies()
        self._require_write_context()

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """The handler behind its guard."""
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            settings = request.app.state.runtime.settings
            bounded = BoundedRequest(request.scope, request.receive, limit=getattr(settings, self.declared.body_bytes))
            if away := await self._admit(bounded):
                return away
            if self.declared.method not in SAFE and not self.declared.safe:
                return await handler(bounded)  # a write is never cancelled half-way; the log bounds its own time
            try:
                async with asyncio.timeout(settings.request_seconds):
                    return await handler(bounded)
            except TimeoutError as error:
                raise Problem("timed-out") from error

        return guarded

    async def _admit(self, request: BoundedRequest) -> Response | None:
        runtime, declared = request.app.state.runtime, self.declared
        request.refuse_oversize()
        if not declared.public:
            try:
                session = await authenticate(request, runtime.verifier)
            except Problem as problem:
                if declared.page and problem.code in {"unauthenticated", "invalid-token"}:
                    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                    return RedirectResponse(f"/login?next={quote(asked)}", status_code=303)
                raise
            request.state.session = session
            runtime.rates.take(session.caller.login)
            require(session.caller, declared.permission or "", runtime.held, route=f"{declared.method} {declared.path}")
        if unknown := set(request.query_params) - self.known_query:
            raise Problem("invalid", "A parameter is not known here.", errors=[
                {"in": "query", "name": name, "code": "unknown_parameter"} for name in sorted(unknown)])  # fmt: skip
        self._require_legible(request)
        if self.body_field is not None or declared.accepts != JSON:
            self._require_media_type(request)
        await presented(request, runtime)
        return None

    def _require_legible(self, request: BoundedRequest) -> None:
        """No text of an address holds what no table holds."""
        given = [("path", *pair) for pair in request.path_params.items()]
        given += [("query", *pair) for pair in request.query_params.multi_items()]
        errors = []
        for place, name, value in given:
            try:
                wording.parameter(str(value))
            except ValueError as error:
                errors.append({"in": place, "name": name, "code": "unreadable_text", "detail": str(error)})
        if errors:
            raise Problem("invalid", f"{len(errors)} parameter(s) cannot be accepted.", errors=errors)

    def _require_media_type(self, request: Request) -> None:
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        accepts = self.declared.accepts
        if given != accepts and not (accepts == JSON and given.startswith("application/") and given.endswith("+json")):
            raise Problem("wrong-media-type", f"Content-Type must be {accepts}.", headers={"Accept-Post": accepts})

    def _require_closed_bodies(self) -> None:
        parameters = [parameter for each in _every(self.dependant) for parameter in each.body_params]
        for parameter in parameters:
            for model in _models(parameter.field_info.annotation):
                if model.model_config.get("extra") != "forbid":
                    raise UndeclaredRoute(
                        f"{self.declared.method} {self.path}: {model.__name__} must forbid unknown fields"
                    )

    def _require_write_context(self) -> None:
        has = any(each.call is writing for each in _every(self.dependant))
        if self.declared.writes and not has:
            raise UndeclaredRoute(f"{self.declared.method} {self.path}: a write takes a parameter of type Write")


def answer_model(declared: Declaration) -> Any:
    """The body that a route answers: a write's model with the position added."""
    answers = declared.answers
    if declared.writes and inspect.isclass(answers) and issubclass(answers, BaseModel):
        return _with_position(answers)
    return answers


@functools.cache
def _with_position(model: type[BaseModel]) -> type[BaseModel]:
    return create_model(
        f"{model.__name__}Written", __base__=model, __module__=model.__module__, position=(str | None, ...)
    )


def _every(dependant: Dependant) -> Iterable[Dependant]:
    """A handler's parameters and those of everything it depends on."""
    yield dependant
    for each in dependant.dependencies:
        yield from _every(each)


def _query_names(parameter: Any) -> Iterable[str]:
    models = list(_models(parameter.field_info.annotation))
    return [f.alias or n for n, f in models[0].model_fields.items()] if models else [parameter.alias]


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    """Every model inside an annotation, and inside those models."""
    found: dict[type[BaseModel], None] = {}
    waiting = [annotation]
    while waiting:
        match waiting.pop():
            case type() as one if issubclass(one, BaseModel):
                if one not in found:
                    found[one] = None
                    waiting += [f.annotation for f in one.model_fields.values()]
            case other:
                waiting += list(getattr(other, "__args__", ()))
    return found


def mount(app: FastAPI, routers: Iterable[Router]) -> None:
    """Add the declared routes to an application."""
    for router in routers:
        app.router.routes.extend(DeclaredRoute(declared) for declared in router.declarations)


def declared_routes(app: FastAPI) -> list[tuple[str, str, str | None]]:
    """Every route of an application as (method, path, permission); None is a public one. Raises `UndeclaredRoute`."""
    return sorted((_declared(route) for route in app.routes), key=lambda entry: (entry[1], entry[0]))


def _declared(route: BaseRoute) -> tuple[str, str, str | None]:
    match route:
        case DeclaredRoute(declared=declared) if declared.public != bool(declared.permission):
            return declared.method, declared.path, declared.permission
        case Route(path=path) | Mount(path=path) if getattr(route, "public", False):
            return "GET", path, None
    raise UndeclaredRoute(f"{getattr(route, 'path', route)} declares neither permission= nor public=True")


def require_declared(app: FastAPI, held: Mapping[str, frozenset[str]]) -> None:
    """Refuse to start while a route declares no permission, or one that no role holds."""
    every = frozenset().union(*held.values())
    for method, path, permission in declared_routes(app):
        if permission is not None and permission not in every:
            raise UndeclaredRoute(f"{method} {path}: no role holds {permission!r}; add it to the service's permissions")


def require_recorded(app: FastAPI, exports: object) -> None:
    """Refuse to start where a list could go out as a file and nothing would record it."""
    lists = [route.path for route in app.routes if isinstance(route, DeclaredRoute) and route.listed]
    if lists and exports is None:
        raise UndeclaredRoute(f"{lists[0]}: a list goes out as a file, too; say Service(exports=…), which records it")


__all__ = ["Declaration", "DeclaredRoute", "Router", "UndeclaredRoute",
           "declared_routes", "mount", "require_declared", "require_recorded"]  # fmt: skip
