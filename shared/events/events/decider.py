"""What a decider is: the pure half of a write, told as data and two functions.

A decider reads aloud: `decide(state, command)` says what happens, `evolve(state, event)` what is then so.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from events.catalogue import STREAMS, Event, Kind

State = TypeVar("State", bound=msgspec.Struct)
Command = TypeVar("Command")


@dataclass(frozen=True, slots=True)
class Claims:
    """Rules across streams, as names that only one stream may hold: an event may `take` some and `release` some.

    A name says what it is for first, then of whom: ``dealer-code:D00017``.
    """

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


def refuse(code: str, detail: str, **extras: Any) -> NoReturn:
    """Refuse as an expression: `x or refuse(...)`."""
    raise Refused(code, detail, **extras)


def no_claims(event: Event) -> Claims:
    """Most events hold nothing across streams."""
    return Claims()


@dataclass(frozen=True, slots=True)
class Decider(Generic[State, Command]):
    """One aggregate: the stream category it rules, its beginning `state()`, and the pure functions that rule it.

    Raises TypeError for a category that its owner does not declare.
    """

    owner: str
    category: str
    state: type[State]
    decide: Callable[[State, Command], list[Event]]
    evolve: Callable[[State, Any], State]
    claims: Callable[[Event], Claims] = field(default=no_claims)

    def __post_init__(self) -> None:
        if self.category not in STREAMS.get(self.owner, {}):
            raise TypeError(f"{self.owner} declares no stream category {self.category!r}")

    @property
    def kind(self) -> Kind:
        """Whether its streams are edited (versions) or facts (only added to)."""
        return STREAMS[self.owner][self.category]

    def stream(self, key: str) -> str:
        """The stream of one key: `<key>/<category>`."""
        return f"{key}/{self.category}"

    def fold(self, state: State, events: list[Event]) -> State:
        """The state after these events."""
        for event in events:
            state = self.evolve(state, event)
        return state
