"""A page in the reader's language: templates, words, figures and addresses that keep the standpoint."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, Response

from events.decider import Refused
from reporting import labels
from reporting.i18n import HTML_LANGUAGE, LANGUAGES, language_of, translated
from reporting.pages import figures
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


class Words:
    """Everything that a template says in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def gettext(self, message: str, **values: Any) -> str:
        """A message with its values."""
        said = translated(message, self.language)
        return said % values if values else said

    def code(self, code: Any) -> str:
        """What a code is called; an unknown one is shown as it is."""
        return self._of(labels.CODES, code)

    def event(self, name: str) -> str:
        """What an event is called."""
        return self._of(labels.EVENTS, name)

    def field(self, name: str) -> str:
        """What a field is called."""
        return self._of(labels.FIELDS, name)

    def indicator(self, name: str) -> str:
        """What an indicator is called."""
        return self._of(labels.INDICATORS, name)

    def indicators(self, graded: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """The key four first, then the other five, then any that we do not know."""
        known = [name for name in labels.INDICATORS if name in graded]
        return [(name, graded[name]) for name in [*known, *(name for name in graded if name not in known)]]

    def ageing(self, name: str) -> str:
        """What an ageing column is called."""
        if name.startswith("over-"):
            return self.gettext("> %(days)s days", days=name.removeprefix("over-"))
        if name[0].isdigit():
            return self.gettext("%(days)s days", days=name.replace("-", "–"))
        return self._of(labels.AGEING, name)

    def rule(self, rule: str) -> str:
        """The cell of the grade table that fired, key indicators first."""
        key, _, other = rule.partition("/")
        return f"{self._of(labels.RULE_PARTS, key)} · {self._of(labels.RULE_PARTS, other)}" if other else rule

    def why(self, rule: str) -> str:
        """The same as a sentence."""
        key, _, other = rule.partition("/")
        if not other:
            return rule
        parts = (self._of(labels.RULE_PARTS, part) for part in (key, other))
        return self.gettext(
            "Why: the four key indicators are %(key)s; the other five %(other)s.",
            **dict(zip(("key", "other"), parts, strict=True)),
        )

    def measured(self, indicator: str, value: Any) -> str:
        """An indicator's value: money, a share, or a code by its name."""
        if value is None or indicator not in {*MEASURED_MONEY, *MEASURED_SHARES}:
            return self.code(value)
        figure = Decimal(str(value))
        return figures.money(figure) if indicator in MEASURED_MONEY else figures.percent(figure)

    def data(self, data: Mapping[str, Any]) -> str:
        """What an entry's data say, field by field."""
        return " · ".join(
            f"{self.field(name)} {self.value(name, value)}" for name, value in data.items() if value not in (None, "")
        )

    def value(self, name: str, value: Any) -> str:
        """A field's value: amounts as money, codes by name, the rest as text."""
        if name in MONEY and isinstance(value, str | int):
            return figures.money(Decimal(value))
        if name == "changed":
            return ", ".join(self.field(each) for each in value)
        if name == "rule":
            return self.rule(str(value))
        return self.code(value) if isinstance(value, str) else figures.told(value)

    def _of(self, table: Mapping[str, str], code: Any) -> str:
        return translated(table[code], self.language) if code in table else figures.told(code)


MEASURED_MONEY = ("annual_sales_scale", "monthly_sales")
MEASURED_SHARES = ("payment_method", "payment_reputation", "goods_flow", "flow_of_goods")
MONEY = frozenset({"amount", "limit", "turnover", "our_sales", "net", "invoiced", "prepaid_or_cash",
                   "with_short_credit", "inside", "known"})  # fmt: skip


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
