"""Sale lines, stock reports → facts → verdicts: each counts once, however often and by whatever way it comes.

The log knows a line by its command id. One that was taken back may come again: it is then known by its revision as
well, which is the number of times it was reversed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from eventlog.log import Log
from eventlog.meta import Fact
from eventlog.position import Position
from events.decider import Refused
from events.envelope import Imported, encode
from events.ids import command_id, request_hash, uuid7
from tiering.domain.inventory import ReportInventory, inventory_fact
from tiering.domain.sale import RecordSale, ReturnSale, ReverseSaleLine, SalesFact, sales_fact

SERVICE = "tiering"
MOST_REVISIONS, EXHAUSTED = 100, "taken-back-too-often"
KNOWN = "select command, id, partition, sequence, lineage from log.event where command = any($1) and n = 1"

Recorded: TypeAlias = RecordSale | ReturnSale | ReverseSaleLine | ReportInventory


class Item(NamedTuple):
    """A line or report of a dealer; where it came from a file, the file and row; or the id of its own request."""

    dealer: str
    stated: SalesFact
    imported: Imported | None = None
    request: UUID | None = None


class Outcome(NamedTuple):
    """What became of it; `event` and `position` are those of the event that counts."""

    verdict: Literal["accepted", "duplicate", "conflict"]
    event: UUID
    position: Position


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """Records lines and reports on behalf of one request or import. `currency` is the installation's."""

    log: Log
    actor: str
    today: date
    currency: str
    correlation: str
    traceparent: str | None = None

    def item(self, command: Recorded, imported: Imported | None = None) -> Item:
        """What a command states. Raises what `sales_fact` and `inventory_fact` refuse."""
        if isinstance(command, ReportInventory):
            stated = inventory_fact(command, currency=self.currency, today=self.today)
        else:
            stated = sales_fact(command, currency=self.currency, today=self.today)
        return Item(command.dealer, stated, imported)

    async def record(self, items: Sequence[Item]) -> list[Outcome]:
        """Write what is new; an outcome each, in order."""
        outcomes: dict[int, Outcome] = {}
        waiting = dict.fromkeys(range(len(items)), 0)
        for _ in range(MOST_REVISIONS):
            facts = {place: self.fact(items[place], revision) for place, revision in waiting.items()}
            verdicts = dict(zip(facts, await self.log.record(list(facts.values())), strict=True))
            known = await self.known([facts[p].command for p, v in verdicts.items() if v.kind != "accepted"])
            taken_back = await self.taken_back([event for event, _ in known.values()])
            for place, verdict in verdicts.items():
                fact = facts[place]
                found = known.get(fact.command)
                if verdict.kind == "accepted" and verdict.position is not None:
                    outcomes[place] = Outcome("accepted", fact.event_id, verdict.position)
                elif found is not None and found[0] not in taken_back:
                    outcomes[place] = Outcome("conflict" if verdict.kind == "conflict" else "duplicate", *found)
            waiting = {place: revision + 1 for place, revision in waiting.items() if place not in outcomes}
            if not waiting:
                return [outcomes[place] for place in range(len(items))]
        raise Refused(EXHAUSTED, f"A line was taken back {MOST_REVISIONS} times: give it another number.")

    async def known(self, commands: list[UUID]) -> dict[UUID, tuple[UUID, Position]]:
        """Command → its event and place, for those that the log holds."""
        rows = await self.log.pool.fetch(KNOWN, commands) if commands else []
        return {
            row["command"]: (row["id"], Position(SERVICE, row["partition"], row["sequence"], row["lineage"]))
            for row in rows
        }

    async def taken_back(self, events: Sequence[UUID]) -> set[UUID]:
        """Which of these events a reversal took back."""
        by_command = {reversal_id(event): event for event in events}
        return {by_command[command] for command in await self.known(list(by_command))}

    def fact(self, item: Item, revision: int = 0) -> Fact:
        """What the log records."""
        identity, stated = item.request or uuid7(), item.stated
        document = encode(
            stated.event,
            id=identity,
            subject=item.dealer,
            time=datetime.now(UTC),
            actor=self.actor,
            business_date=self.today,
            correlation=self.correlation,
            traceparent=self.traceparent,
            imported=item.imported,
        )
        command = line_id(stated.natural_key, revision)
        return Fact(
            f"{item.dealer}/{stated.event.event_type.stream}", command, request_hash(stated.stated), identity, document
        )


def ids_of(item: Item) -> set[UUID]:
    """Every command id that its line may have, however often it was taken back."""
    return {line_id(item.stated.natural_key, revision) for revision in range(MOST_REVISIONS)}


def line_id(natural_key: tuple[str, ...], revision: int = 0) -> UUID:
    """The command id of a line; the first time it is its natural key alone."""
    again: tuple[Any, ...] = ("revision", revision) if revision else ()
    return command_id(SERVICE, *natural_key, *again)


def reversal_id(event: UUID) -> UUID:
    """The command id of the reversal of a line's event."""
    return line_id(("sale-line-reversed", str(event)))
