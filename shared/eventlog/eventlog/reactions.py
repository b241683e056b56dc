"""Whenever … then …: a reaction answers an event with a command whose id is derived from that event.

    use_reservation = Reaction("use-reservation")

    @use_reservation.on(InvoiceIssued, uses=("order", "number", "amount"))
    def used(e):
        return Act(ORDERS, e.subject, UseReservation(...)) if e.data.order else None

It reads its cause, and through `Act.complete` its own stream; None ignores the cause, by the cause alone.
`reactor.Reactor` runs it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from eventlog.act import Act as Act
from events import Event


class Reaction:
    """A named reaction: event types, and the pure function that answers each with an `Act` or None."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.uses: dict[str, dict[str, tuple[str, ...]]] = {}
        self.answers: dict[tuple[str, str], Callable[[Any], Act | None]] = {}

    def on(self, *events: type[Event], uses: Sequence[str] = ()) -> Callable[[Any], Any]:
        """Declare the answer to these event types, and the fields of `data` that it uses."""

        def declare(answer: Callable[[Any], Act | None]) -> Callable[[Any], Act | None]:
            for event in events:
                kind = event.event_type
                self.uses.setdefault(kind.owner, {})[kind.name] = tuple(uses)
                self.answers[kind.owner, kind.name] = answer
            return answer

        return declare

    @property
    def consumes(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Source → event type → fields used, for contract tests."""
        return {source: dict(types) for source, types in sorted(self.uses.items())}
