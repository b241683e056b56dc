"""A service whose routes do not say who may do what does not start."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from tiny import PERMISSIONS, TINY, RememberingLog, router

from service.app import Service
from service.context import Read, Write
from service.routing import Router, UndeclaredRoute, declared_routes
from service.testing import settings_of


def test_a_route_without_a_permission_keeps_the_service_from_starting() -> None:
    bare = Router("bare")

    @bare.get("/bare")
    async def nothing() -> None:
        """No permission."""

    service = Service(name="tiny", title="Tiny", routers=[bare])
    with pytest.raises(UndeclaredRoute, match="/bare"):
        service.application(settings_of(), runtime=service.runtime(settings_of()))


def test_a_permission_that_nobody_holds_keeps_the_service_from_starting() -> None:
    service = Service(name="tiny", title="Tiny", routers=[router], permissions={"order.read": ("auditor",)})
    with pytest.raises(UndeclaredRoute, match=r"order\.place"):
        service.application(settings_of(), runtime=service.runtime(settings_of()))


def test_a_plain_fastapi_route_keeps_the_service_from_starting() -> None:
    app = TINY.application(settings_of(), runtime=TINY.runtime(settings_of(), log=RememberingLog()))

    @app.get("/side-door")
    async def side_door() -> None:
        """Declares nothing."""

    with pytest.raises(UndeclaredRoute, match="side-door"):
        declared_routes(app)


def test_an_open_body_keeps_the_service_from_starting() -> None:
    class Open(BaseModel):
        anything: str

    loose = Router("loose")

    @loose.post("/loose", permission="order.place")
    async def take(body: Open, write: Write) -> None:
        """Takes unknown fields."""

    take.__annotations__["body"] = Open
    service = Service(name="tiny", title="Tiny", routers=[loose], permissions=PERMISSIONS)
    with pytest.raises(UndeclaredRoute, match="Open"):
        service.application(settings_of(), runtime=service.runtime(settings_of()))


def test_a_write_without_its_context_keeps_the_service_from_starting() -> None:
    blind = Router("blind")

    @blind.post("/blind", permission="order.place")
    async def take(read: Read) -> None:
        """Could not know its key."""

    service = Service(name="tiny", title="Tiny", routers=[blind], permissions=PERMISSIONS)
    with pytest.raises(UndeclaredRoute, match="type Write"):
        service.application(settings_of(), runtime=service.runtime(settings_of()))
