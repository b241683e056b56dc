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

from credit_rating import revisions
from credit_rating.revisions import Identity, Standing, document_id
from eventlog.log import Log
from eventlog.meta import Fact, Known
from eventlog.refusals import Contended
from events import Event, Imported, encode
from events.ids import request_hash, uuid7

TRIES = 5


class Item(NamedTuple):
    """A document of a dealer: what makes it one and the same, and the event that it becomes.

    `request`: the command id of the request that alone records it. `seen`: the sequence up to which the dealer's ledger
    was read to decide it.
    """

    dealer: UUID
    identity: Identity
    event: Event
    imported: Imported | None = None
    request: UUID | None = None
    seen: int | None = None


class Outcome(NamedTuple):
    """What became of it; `event` and `position` are those of the event that counts, if there is one.

    `exhausted`: its number was taken back as often as can be. `moved`: the ledger has more than it was decided by.
    """

    verdict: Literal["accepted", "duplicate", "conflict", "exhausted", "moved"]
    known: Known | None = None

    @property
    def counts(self) -> Known:
        """The event that counts under the document's number."""
        assert self.known is not None
        return self.known


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
        for _ in range(TRIES):
            outcomes |= await self._written({place: (items[place], n) for place, n in waiting.items()})
            left = [place for place in waiting if place not in outcomes]
            stood = await self.standings([items[place] for place in left])
            waiting = {}
            for place, standing in zip(left, stood, strict=True):
                judged = standing.judge(content_of(items[place]))
                if judged == "new" and standing.revision is not None:
                    waiting[place] = standing.revision
                elif judged != "new":
                    outcomes[place] = Outcome(judged, standing.known)
            if not waiting:
                return [outcomes[place] for place in range(len(items))]
        raise Contended("others recorded and took back the same numbers meanwhile: retry")

    async def _written(self, tried: dict[int, tuple[Item, int]]) -> dict[int, Outcome]:
        """Write each at its revision; the outcomes of those that were, or that may not be."""
        facts = {place: self.fact_of(item, revision) for place, (item, revision) in tried.items()}
        verdicts = await self.log.record(list(facts.values()))
        done: dict[int, Outcome] = {}
        for (place, fact), verdict in zip(facts.items(), verdicts, strict=True):
            if verdict.kind == "accepted" and verdict.position is not None:
                known = Known(fact.command, fact.event_id, verdict.position, fact.request_hash, fact.stream)
                done[place] = Outcome("accepted", known)
            elif verdict.kind == "moved":
                done[place] = Outcome("moved")
        return done

    async def standings(self, items: Sequence[Item]) -> list[Standing]:
        """What counts under the number of each."""
        found = await revisions.standings(self.log.pool, [item.identity for item in items])
        return [found[item.identity] for item in items]

    def fact_of(self, item: Item, revision: int, unit: int | None = None) -> Fact:
        """A document as the log takes it; rows of one `unit` are written together or not at all."""
        command = document_id(item.identity, revision)
        fact = self.fact(item.dealer, command, content_of(item), item.event, item.imported, item.request)
        return fact._replace(unit=unit, seen=item.seen)

    def fact(
        self,
        dealer: UUID,
        command: UUID,
        content: bytes,
        event: Event,
        imported: Imported | None = None,
        request: UUID | None = None,
    ) -> Fact:
        """An event of a dealer's ledger as the log takes it; of a `request` it has the id."""
        event_id = request or uuid7()
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


def content_of(item: Item) -> bytes:
    """What tells a repeat from another content under the same number: the dealer and everything that is said."""
    return request_hash({"dealer": item.dealer, "document": item.event})
