"""Keyset pages: `items`, an opaque signed cursor, and `Link: <…>; rel="next"`.

DEALERS = Keyset("name", "dealer")                       # a unique order; the last column decides ties

rows = await conn.fetch(f"select … from dealer where {DEALERS.after(page, 1)} {DEALERS.order} limit {page.limit + 1}",
                        *DEALERS.values(page))
return page.of(rows, DEALERS, DealerRow)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from service.problems import Problem

T = TypeVar("T", bound=BaseModel)
DEFAULT_LIMIT, MAX_LIMIT = 50, 200
SIGNATURE_BYTES = CONTEXT_BYTES = 12
CASTS: dict[type, tuple[str, Any]] = {
    UUID: ("u", UUID),
    datetime: ("m", datetime.fromisoformat),
    date: ("d", date.fromisoformat),
    Decimal: ("n", Decimal),
}
READ_BACK = dict(CASTS.values())


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` is the cursor of the page after, None on the last."""

    items: list[T]
    next: str | None = None


class Ordered(Protocol):
    """What knows where a row stands in an order."""

    def keys(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Its place, as a cursor holds it."""


class Keyset:
    """The order of a list: columns that together are unique, none NULL, all ascending or all descending."""

    def __init__(self, *columns: str, descending: bool = False) -> None:
        self.columns, self.descending = columns, descending
        direction = " desc" if descending else ""
        self.order = "order by " + ", ".join(column + direction for column in columns)

    def after(self, page: PageRequest, first: int) -> str:
        """The condition of the rows behind the cursor; its parameters are numbered from `first`."""
        if page.keys is None:
            return "true"
        if len(page.keys) != len(self.columns):
            raise Problem("invalid-cursor")
        numbered = ", ".join(f"${first + i}" for i in range(len(self.columns)))
        return f"({', '.join(self.columns)}) {'<' if self.descending else '>'} ({numbered})"

    def values(self, page: PageRequest) -> tuple[Any, ...]:
        """The parameters of that condition."""
        return page.keys or ()

    def keys(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Where a row stands in the order."""
        return tuple(row[column.rpartition(".")[2]] for column in self.columns)


class PageRequest:
    """Which page is asked for. A cursor belongs to one path and one set of filters, and is signed."""

    def __init__(self, *, limit: int, keys: tuple[Any, ...] | None, secret: bytes, request: Request | None = None,
                 response: Response | None = None) -> None:  # fmt: skip
        self.limit, self.keys = limit, keys
        self._secret, self._request, self._response = secret, request, response

    def of(self, rows: Sequence[Mapping[str, Any]], keyset: Ordered, model: type[T]) -> Page[T]:
        """The page of up to `limit` rows; the query must ask for `limit + 1`, whose last says that there is more."""
        shown = rows[: self.limit]
        items = [model.model_validate(dict(row)) for row in shown]
        if len(rows) <= self.limit:
            return Page[T](items=items)
        cursor = sign(keyset.keys(shown[-1]), self._secret, context_of(self._request))
        if self._request is not None and self._response is not None:
            link = self._request.url.include_query_params(cursor=cursor)
            target = f"{link.path}?{link.query}"
            self._response.headers["Link"] = f'<{target}>; rel="next"'
        return Page[T](items=items, next=cursor)


def context_of(request: Request | None) -> str:
    """What a cursor is bound to: the path and the filters, without the cursor and the limit themselves."""
    if request is None:
        return ""
    filters = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in {"cursor", "limit"})
    return json.dumps([request.url.path, filters])


def sign(keys: tuple[Any, ...], secret: bytes, context: str) -> str:
    """The opaque text of a cursor."""
    said = json.dumps([_tagged(key) for key in keys], separators=(",", ":"), ensure_ascii=False).encode()
    body = _digest(context) + said
    return base64.urlsafe_b64encode(_mac(body, secret) + body).rstrip(b"=").decode()


def unsign(cursor: str, secret: bytes, context: str) -> tuple[Any, ...]:
    """The keys of a cursor; raises `Problem("invalid-cursor")` if it was altered or belongs to another list."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        body = raw[SIGNATURE_BYTES:]
        if not hmac.compare_digest(raw[:SIGNATURE_BYTES], _mac(body, secret)):
            raise ValueError("signature")
        if body[:CONTEXT_BYTES] != _digest(context):
            raise Problem("invalid-cursor", "The cursor belongs to another list, order or filter.")
        return tuple(READ_BACK[tag](value) if tag else value for tag, value in json.loads(body[CONTEXT_BYTES:]))
    except (ValueError, KeyError, TypeError) as error:
        raise Problem("invalid-cursor") from error


def _mac(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, b"cursor\0" + body, hashlib.sha256)[:SIGNATURE_BYTES]


def _digest(context: str) -> bytes:
    return hashlib.sha256(context.encode()).digest()[:CONTEXT_BYTES]


def _tagged(value: Any) -> tuple[str, Any]:
    for kind, (tag, _) in CASTS.items():
        if type(value) is kind or (kind is UUID and isinstance(value, UUID)):
            return tag, value.isoformat() if isinstance(value, date) else str(value)
    return "", value


def requested_page(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="rows a page")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=2000, description="`next` of the page before")] = None,
) -> PageRequest:
    """The page that a request asks for."""
    secret: bytes = request.app.state.runtime.cursor_secret
    keys = unsign(cursor, secret, context_of(request)) if cursor else None
    return PageRequest(limit=limit, keys=keys, secret=secret, request=request, response=response)


PageOf = Annotated[PageRequest, Depends(requested_page)]
