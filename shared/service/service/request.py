"""A request as we read it: bounded while it streams, JSON with exact numbers, no name twice."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.types import Receive, Scope

from service.problems import Problem


class _Unfit(ValueError):
    """JSON that we do not read, though others may."""


class BoundedRequest(Request):
    """Refuses a body beyond `limit` bytes before it is held in memory, said or chunked; reads fractions as decimals."""

    def __init__(self, scope: Scope, receive: Receive, *, limit: int) -> None:
        super().__init__(scope, receive)
        self.limit = limit

    def refuse_oversize(self) -> None:
        """Refuse by Content-Length alone, before a byte is read."""
        said = self.headers.get("content-length", "0")
        if not said.isdigit() or int(said) > self.limit:
            raise too_large(self.limit)

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body in pieces; raises `Problem("too-large")` at the first byte too many."""
        read = 0
        async for piece in super().stream():
            read += len(piece)
            if read > self.limit:
                raise too_large(self.limit)
            yield piece

    async def json(self) -> Any:
        """The body as JSON; raises `Problem("malformed-json")`."""
        return parse_json(await self.body())


def parse_json(content: bytes | str) -> Any:
    """JSON with decimals for fractions, neither NaN nor a member named twice; raises `Problem("malformed-json")`."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_not_a_number, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise Problem(
            "malformed-json", f"{error.msg} at line {error.lineno}, column {error.colno}.", position=error.pos
        ) from error
    except _Unfit as error:
        raise Problem("malformed-json", str(error)[:200]) from error
    except UnicodeDecodeError as error:
        raise Problem("malformed-json", "The text is not UTF-8.") from error
    except RecursionError as error:
        raise Problem("malformed-json", "Lists and objects are nested too deeply.") from error
    except ValueError as error:
        raise Problem("malformed-json", "A number has far too many digits.") from error


def too_large(limit: int) -> Problem:
    """The problem of a body beyond its limit."""
    return Problem("too-large", f"At most {limit} bytes are read here.", limit=limit, headers={
        "Dealerlog-Limit": str(limit), "Connection": "close"})  # fmt: skip


def _not_a_number(name: str) -> Any:
    raise _Unfit(f"{name} is no JSON number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Unfit("a member is named twice")
    return members
