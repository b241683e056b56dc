"""Documents → facts → verdicts: each document counts once, however often and by whatever way it comes.

The log knows a document by its command id, (kind, source, number). One that was taken back may come again: then it is
known by its revision as well, the number of times that it was reversed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from credit_rating.snapshot import SERVICE
from eventlog.log import Log
from eventlog.meta import Fact
from eventlog.position import Position
from events import Event, Imported, encode
from events.ids import command_id, request_hash, uuid7

MOST_REVISIONS = 100
KNOWN = (
    "select command, id, partition, sequence, lineage, request_hash from log.event where command = any($1) and n = 1"
)


class Item(NamedTuple):
    """A document of a dealer: what makes it one and the same, and the event that it becomes."""

    dealer: UUID
    identity: tuple[str, str, str]
    event: Event
    imported: Imported | None = None


class Outcome(NamedTuple):
    """What became of it; `event` and `position` are those of the event that counts."""

    verdict: Literal["accepted", "duplicate", "conflict"]
    event: UUID
    position: Position


class Known(NamedTuple):
    """What the log holds under a command's id."""

    event: UUID
    position: Position
    request_hash: bytes


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """Records documents on behalf of one request or import."""

    log: Log
    actor: str
    business_date: date
    correlation: str
    traceparent: str | None = None

    async def record(self, items: Sequence[Item]) -> list[Outcome]:
        """Write what is new; an outcome each, in order."""
        outcomes: dict[int, Outcome] = {}
        waiting = dict.fromkeys(range(len(items)), 0)
        for _ in range(MOST_REVISIONS):
            facts = {place: self._fact(items[place], revision) for place, revision in waiting.items()}
            verdicts = dict(zip(facts, await self.log.record(list(facts.values())), strict=True))
            known = await self.known([facts[p].command for p, v in verdicts.items() if v.kind != "accepted"])
            reversed_ = await self.reversed_among([each.event for each in known.values()])
            for place, verdict in verdicts.items():
                fact = facts[place]
                found = known.get(fact.command)
                if verdict.kind == "accepted" and verdict.position is not None:
                    outcomes[place] = Outcome("accepted", fact.event_id, verdict.position)
                elif found is not None and found.event not in reversed_:
                    kind: Literal["duplicate", "conflict"] = "conflict" if verdict.kind == "conflict" else "duplicate"
                    outcomes[place] = Outcome(kind, found.event, found.position)
                else:
                    waiting[place] += 1
            waiting = {place: revision for place, revision in waiting.items() if place not in outcomes}
            if not waiting:
                return [outcomes[place] for place in range(len(items))]
        raise ValueError("a document was taken back more often than can be counted")

    async def judged(self, items: Sequence[Item]) -> list[Literal["new", "duplicate", "conflict"]]:
        """What would become of them, without writing anything."""
        judged: list[Literal["new", "duplicate", "conflict"]] = []
        current = await self.current([item.identity for item in items])
        for item, found in zip(items, current, strict=True):
            if found is None:
                judged.append("new")
            else:
                judged.append("duplicate" if found.request_hash == content_of(item) else "conflict")
        return judged

    async def current(self, identities: Sequence[tuple[str, str, str]]) -> list[Known | None]:
        """The event that counts for each document: the latest revision that was not taken back."""
        found: list[Known | None] = [None] * len(identities)
        waiting = {place: 0 for place in range(len(identities))}
        while waiting:
            commands = {place: document_id(identities[place], revision) for place, revision in waiting.items()}
            known = await self.known(list(commands.values()))
            reversed_ = await self.reversed_among([each.event for each in known.values()])
            again = {}
            for place, command in commands.items():
                here = known.get(command)
                if here is not None and here.event in reversed_:
                    again[place] = waiting[place] + 1
                else:
                    found[place] = here
            waiting = again
        return found

    async def known(self, commands: list[UUID]) -> dict[UUID, Known]:
        """What the log holds under these ids, wherever it lies."""
        if not commands:
            return {}
        return {
            row["command"]: Known(
                row["id"],
                Position(SERVICE, row["partition"], row["sequence"], row["lineage"]),
                row["request_hash"],
            )
            for row in await self.log.pool.fetch(KNOWN, commands)
        }

    async def reversed_among(self, events: Sequence[UUID]) -> set[UUID]:
        """Which of these events were taken back."""
        by_command = {reversal_id(event): event for event in events}
        return {by_command[command] for command in await self.known(list(by_command))}

    def _fact(self, item: Item, revision: int) -> Fact:
        return self.fact(item.dealer, document_id(item.identity, revision), content_of(item), item.event, item.imported)

    def fact(self, dealer: UUID, command: UUID, content: bytes, event: Event, imported: Imported | None = None) -> Fact:
        """An event of a dealer's ledger as the log takes it."""
        event_id = uuid7()
        document = encode(
            event,
            id=event_id,
            subject=str(dealer),
            time=datetime.now(UTC),
            actor=self.actor,
            business_date=self.business_date,
            correlation=self.correlation,
            traceparent=self.traceparent,
            imported=imported,
        )
        return Fact(f"{dealer}/{event.event_type.stream}", command, content, event_id, document)


def document_id(identity: tuple[str, str, str], revision: int) -> UUID:
    """The command id of a document; revision 0 is its first coming."""
    kind, source, number = identity
    return command_id(SERVICE, kind, source, number, *([revision] if revision else []))


def reversal_id(event: UUID) -> UUID:
    """The command id of the reversal of an event: an event is taken back once."""
    return command_id(SERVICE, "reversal", str(event))


def allocation_id(event: UUID, nth: int) -> UUID:
    """The command id of the n-th allocation of the money of an event: of two at once, one comes to be the n-th."""
    return command_id(SERVICE, "allocation", str(event), nth)


def content_of(item: Item) -> bytes:
    """What tells a repeat from another content under the same number: the dealer and everything that is said."""
    return request_hash({"dealer": item.dealer, "document": item.event})
