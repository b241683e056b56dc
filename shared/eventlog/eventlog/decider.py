"""What a decider is: the pure half of a write, told as data and two functions.

A decider reads aloud: `decide(state, command)` says what happens, `evolve(state, event)` what is then so.
Nothing here does I/O, reads a clock or draws a number; `domain/` packages may import this module and `events` only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, NoReturn, TypeVar

import msgspec
from events.catalogue import Event

S = TypeVar("S", bound=msgspec.Struct)
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Claims:
    """Rows of the claims table that an event takes or gives back: rules that hold across streams."""

    take: tuple[str, ...] = ()
    release: tuple[str, ...] = ()


class Refused(Exception):
    """A decider's no: a stable code, and a sentence that says what to do.

    `extras` are members of the problem document (numbers, names), never secrets.
    `retryable` marks a refusal that rests on a projection: what is unknown now may be known in a moment.
    """

    def __init__(self, code: str, detail: str, *, retryable: bool = False, **extras: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retryable = retryable
        self.extras = extras


def no_claims(_: Event) -> Claims:
    """An event that holds nothing across streams."""
    return Claims()


@dataclass(frozen=True, slots=True)
class Decider(Generic[S, C]):
    """One aggregate: the stream category it owns and the functions that rule it."""

    owner: str
    category: str
    state: type[S]
    decide: Callable[[S, C], list[Event]]
    evolve: Callable[[S, Any], S]
    claims: Callable[[Event], Claims] = field(default=no_claims)

    def stream(self, key: str) -> str:
        """The stream of one key: `<key>/<category>`."""
        return f"{key}/{self.category}"

    def fold(self, state: S, events: list[Event]) -> S:
        """The state after these events."""
        for event in events:
            state = self.evolve(state, event)
        return state


def refuse(code: str, detail: str, **extras: Any) -> NoReturn:
    """Refuse as an expression: `x or refuse(...)`."""
    raise Refused(code, detail, **extras)
