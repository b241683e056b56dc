"""What a route declares: its permission and how it is asked. `Router` collects declarations; `routing` guards them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from service.access import SAFE

E = TypeVar("E", bound=Callable[..., Any])
JSON = "application/json"


class UndeclaredRoute(Exception):
    """A route without a permission, or with one that nobody holds: the service does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One route as it was declared."""

    method: str
    path: str
    endpoint: Callable[..., Any]
    permission: str | None
    public: bool = False
    page: bool = False
    edits: bool = False
    safe: bool = False
    accepts: str = JSON
    body_bytes: str = "body_bytes"
    answers: type[BaseModel] | Any = None
    gives: tuple[str, ...] = ()
    """Media types of the answer where it is no JSON."""
    status: int = 200
    tag: str = ""
    problems: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether it takes an Idempotency-Key: every unsafe method that is not public, nor declared to be safe."""
        return self.method not in SAFE and not self.public and not self.safe


class Router:
    """The routes of one resource; `Service(routers=[…])` mounts them."""

    def __init__(self, tag: str, *, prefix: str = "") -> None:
        self.tag, self.prefix = tag, prefix
        self.declarations: list[Declaration] = []

    def get(self, path: str, *, permission: str | None = None, public: bool = False, page: bool = False,
            answers: Any = None, **options: Any) -> Callable[[E], E]:  # fmt: skip
        """A read. `answers` is the model of the body; `page=True` answers HTML to people."""
        return self._declare("GET", path, permission=permission, public=public, page=page, answers=answers, **options)

    def post(self, path: str, *, permission: str | None = None, public: bool = False, answers: Any = None,
             edits: bool = False, status: int = 201, accepts: str = JSON, body_bytes: str = "body_bytes",
             **options: Any) -> Callable[[E], E]:  # fmt: skip
        """A write; `body_bytes` names the setting that bounds its body, `edits` demands If-Match."""
        return self._declare("POST", path, permission=permission, public=public, answers=answers, edits=edits,
                             status=status, accepts=accepts, body_bytes=body_bytes, **options)  # fmt: skip

    def ask(self, path: str, *, permission: str, answers: Any, **options: Any) -> Callable[[E], E]:
        """A POST that changes nothing, for a question too long for an address: read as a GET is, and bounded alike."""
        return self._declare("POST", path, permission=permission, answers=answers, safe=True, **options)

    def put(self, path: str, *, permission: str | None = None, answers: Any = None, edits: bool = True,
            status: int = 200, **options: Any) -> Callable[[E], E]:  # fmt: skip
        """A write that replaces something that exists: If-Match is demanded unless `edits=False`."""
        return self._declare("PUT", path, permission=permission, answers=answers, edits=edits, status=status, **options)

    def delete(self, path: str, *, permission: str | None = None, answers: Any = None, edits: bool = True,
               status: int = 200, **options: Any) -> Callable[[E], E]:  # fmt: skip
        """A write that ends something that exists."""
        return self._declare("DELETE", path, permission=permission, answers=answers, edits=edits, status=status,
                             **options)  # fmt: skip

    def _declare(self, method: str, path: str, **declared: Any) -> Callable[[E], E]:
        known = {name: declared.pop(name) for name in list(declared) if name in Declaration.__slots__}

        def take(endpoint: E) -> E:
            if not inspect.iscoroutinefunction(endpoint):
                raise UndeclaredRoute(f"{method} {self.prefix}{path}: a handler is an async function")
            self.declarations.append(
                Declaration(
                    method=method, path=self.prefix + path, endpoint=endpoint, tag=self.tag, options=declared, **known
                )
            )
            return endpoint

        return take
