"""A page in the reader's language: templates, words, figures and addresses that keep the standpoint."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, Response

from events.decider import Refused
from reporting.i18n import HTML_LANGUAGE, LANGUAGES, language_of
from reporting.pages import figures
from reporting.pages.words import Words
from reporting.reading.months import moved
from reporting.reading.standpoint import Standpoint
from rules.periods import month_end
from service.context import ReadContext
from service.failures import problem_of
from service.problems import Problem, kind_of

LANGUAGE_COOKIE = "dealerlog-language"
ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
ENVIRONMENT.filters |= {
    "money": figures.money,
    "quantity": figures.quantity,
    "percent": figures.percent,
    "change": figures.signed_percent,
    "day": figures.day,
    "month": figures.month,
    "age": figures.age,
    "told": figures.told,
}
E = TypeVar("E", bound=Callable[..., Awaitable[Response]])


def render(
    read: ReadContext, template: str, *, at: Standpoint | None = None, status: int = 200, **shown: Any
) -> HTMLResponse:
    """The page that a template makes of what is shown."""
    words = Words(language(read))
    settings = read.runtime.settings
    keep = standing(read, at)

    def url(path: str, **parameters: Any) -> str:
        said = {name: value for name, value in parameters.items() if value not in (None, "")} | keep
        return f"{path}?{urlencode(said)}" if said else path

    def inside_of(row: Any, months: int) -> str:
        return inside(url, read.request.query_params.get("level") or "dealer", row.unit, moved(row.month, months))

    def here(**parameters: Any) -> str:
        asked = dict(read.request.query_params) | {name: "" if v is None else v for name, v in parameters.items()}
        return url(read.request.url.path, **{name.rstrip("_"): value for name, value in asked.items()})

    context = {
        "words": words,
        "_": words.gettext,
        "language": words.language,
        "html_language": HTML_LANGUAGE[words.language],
        "languages": LANGUAGES,
        "at": at,
        "today": read.today,
        "caller": read.caller,
        "currency": settings.currency,
        "zone": settings.time_zone,
        "moment": lambda value: figures.moment(value, settings.zone),
        "url": url,
        "here": here,
        "address": here_as_is(read),
        "event_url": lambda position: url(f"/events/{quote(position)}"),
        "csrf": read.session.csrf,
        "month_end": month_end,
        "inside_of": inside_of,
        "lasting": True,
        "elsewhere": elsewhere(read),
    }
    page = ENVIRONMENT.get_template(template).render(**context | shown, gettext=words.gettext)
    return HTMLResponse(page, status_code=status, headers={"Cache-Control": "private, no-store"})


def inside(url: Callable[..., str], level: str, unit: str, month: date) -> str:
    """Where a figure of the monthly report leads: to its places, its dealers, or its sale lines."""
    if level == "dealer":
        return url(f"/dealers/{unit}/sales", **{"from": month, "to": month_end(month)})
    lower, place = ("branch", "region") if level == "region" else ("dealer", "branch")
    span = {"from": f"{month:%Y-%m}", "to": f"{month:%Y-%m}"}
    return url("/reports/monthly-sales", level=lower, **{place: unit}, **span)


def standing(read: ReadContext, at: Standpoint | None) -> dict[str, str]:
    """What every link keeps: the day that was asked, and the cut once one is named."""
    keep: dict[str, str] = {}
    if at is not None and read.request.query_params.get("as_of"):
        keep["as_of"] = at.as_of.isoformat()
    if at is not None and at.pinned:
        keep["known_at"] = at.token
    return keep


def here_as_is(read: ReadContext) -> str:
    """The address of this page."""
    asked = read.request.url
    return f"{asked.path}?{asked.query}" if asked.query else asked.path


def elsewhere(read: ReadContext) -> str | None:
    """This page at the installation's one address, where the reader came by another: only there forms reach others."""
    public = read.runtime.settings.public_url
    return None if not public or urlsplit(public).port == read.request.url.port else public + here_as_is(read)


def language(read: ReadContext) -> str:
    """The reader's language."""
    request = read.request
    return language_of(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))


def page(handler: E) -> E:
    """Let a handler's problem be a page that says what to do and keeps what was typed."""

    @functools.wraps(handler)
    async def shown(*arguments: Any, read: ReadContext, **rest: Any) -> Response:
        try:
            return await handler(*arguments, read=read, **rest)
        except (Problem, Refused) as error:
            problem = problem_of(error)
            kind = kind_of(problem.code, read.runtime.problems)
            return render(read, "problem.html", status=kind.status, problem=problem, kind=kind)

    return shown  # type: ignore[return-value]
