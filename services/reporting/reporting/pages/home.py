"""The first page: where to go, how fresh everything is, the APIs' own pages, and the choice of language."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from reporting.addresses import Addresses
from reporting.asking import Looked
from reporting.pages.view import LANGUAGE_COOKIE, page, render
from reporting.reading.freshness import freshness
from reporting.reading.standpoint import standpoint
from service.context import Read
from service.login import is_https, own_path
from service.routing import Router

router = Router("pages")
YEAR_SECONDS = 365 * 24 * 3600


@router.get("/", permission="report.read", page=True, include_in_schema=False)
@page
async def home(read: Read, ask: Annotated[Looked, Query()]) -> Response:
    """Where to go."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    return render(read, "home.html", at=at, sources=await freshness(read.runtime.pool), apis=Addresses().apis())


@router.get("/language", public=True, include_in_schema=False)
async def language(
    request: Request,
    to: Annotated[Literal["en", "zh_Hans"], Query()],
    next: Annotated[str, Query(max_length=8000)] = "/",
) -> Response:
    """Remember the language and go back."""
    back = RedirectResponse(own_path(next), status_code=303)
    back.set_cookie(LANGUAGE_COOKIE, to, max_age=YEAR_SECONDS, httponly=True, samesite="lax", secure=is_https(request))
    return back
