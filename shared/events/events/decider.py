"""A decider is data plus pure functions: what a command may do to a stream, and what its events make of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from events.catalogue import STREAMS, Event, Kind

State = TypeVar("State")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Rules across streams, as names that only one stream may hold: an event may `take` some and `release` some.

    A name says what it is for first, then of whom: ``dealer-code:D00017``.
    """

    take: tuple[str, ...] = ()
    release: tuple[str, ...] = ()


class Refused(Exception):
    """A command that the rules forbid: a stable code, a sentence that says what to do, and figures for programs."""

    def __init__(self, code: str, sentence: str, **extras: Any) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.extras = extras


def nothing_claimed(event: Event) -> Claims:
    """Most events claim nothing."""
    return Claims()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider(Generic[State]):
    """One aggregate: `state()` is its beginning, `decide` gives events or raises Refused, `evolve` folds them.

    `owner` and `category` say in which streams it lives; all functions are pure: no clock, no random, no I/O.
    """

    owner: str
    category: str
    state: Callable[[], State]
    decide: Callable[[State, Any], list[Event]]
    evolve: Callable[[State, Any], State]
    claims: Callable[[Any], Claims] = nothing_claimed

    def __post_init__(self) -> None:
        if self.category not in STREAMS.get(self.owner, {}):
            raise TypeError(f"{self.owner} declares no stream category {self.category!r}")

    @property
    def kind(self) -> Kind:
        """Whether its streams are edited (versions) or facts (only added to)."""
        return STREAMS[self.owner][self.category]

    def stream(self, key: str) -> str:
        """The stream of a key in this category: `<key>/<category>`."""
        return f"{key}/{self.category}"
