"""The log of one service: commands in, dense sequences out; the only way in.

    written = await log.handle(ORDERS, dealer, PlaceOrder(...), meta, expected=3)
    verdicts = await log.record(facts)

Order of work of a command: look its id up with the head, check the version, decide, append (architecture 2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from eventlog import cuts, facts, reading
from eventlog.connection import Pool
from eventlog.folding import decode_state, encode_state, fold, fold_hash
from eventlog.gathering import Gathering
from eventlog.meta import Fact, Known, Meta, Pending, Verdict, Written
from eventlog.position import Position
from eventlog.refusals import ClaimTaken, CommandReused, Contended, StaleVersion
from eventlog.turns import Turns
from events import Decider, Event, encode, uuid7
from events.placement import PARTITIONS, key_of, partition_of

MOST_DECISIONS = 20

LOOK_UP = """
select
    (select array_agg((e.sequence, e.lineage, e.version, e.stream, e.request_hash, e.document) order by e.n)
        from log.event e where e.command = $2) as known,
    h.version as head_version, h.state as head_state,
    (select array_agg(e.document order by e.version) from log.event e
        where e.stream = $1 and e.version > coalesce(h.version, 0) and e.version > 0) as since
from (values (1)) as one
left join log.head h on h.stream = $1 and h.fold = $3
"""
LAST_OF_STREAM = "select sequence, lineage from log.event where stream = $1 and version = $2 and version > 0"
"""`version > 0` is said where it follows, for the index of versions holds no facts, and the planner cannot infer it."""


class Found(NamedTuple):
    """A stream as it is now."""

    version: int
    state: Any
    known: list[Any] | None


class Log:
    """One service's log on one database; `on_append` wakes the publisher."""

    def __init__(
        self,
        name: str,
        pool: Pool,
        *,
        partitions: int = PARTITIONS,
        on_append: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name, self.pool, self.partitions = name, pool, partitions
        self.on_append, self._now = on_append, now
        self._gathering = Gathering(pool, on_append=lambda: self.on_append())
        self.turns = Turns()

    async def handle(
        self,
        decider: Decider[Any, Any],
        key: str,
        command: Any,
        meta: Meta,
        expected: int | None = None,
        *,
        prepare: Callable[[Any], Awaitable[Any]] | None = None,
    ) -> Written:
        """Run one command on one stream; a repeat of its id answers what the first answered.

        `expected`: the version that the caller read. `prepare(state)` may complete the command by what it reads
        elsewhere (a check's inputs) before each decision; it runs only for a command that was not known.
        Raises Refused (the decider's no) and what `eventlog.refusals` names.
        """
        stream = decider.stream(key)
        async with self.turns.of(stream):  # thrift: those of one process do not make each other stale
            for _ in range(MOST_DECISIONS):
                found = await self._find(decider, stream, meta.command_id)
                if found.known:
                    return await self._repeat(decider, stream, meta, found.known)
                if expected is not None and found.version != expected:
                    raise StaleVersion(stream, expected, found.version)
                asked = await prepare(found.state) if prepare else command
                events = decider.decide(found.state, asked)
                if not events:
                    position = await self._position(stream, found.version)
                    return Written(stream, found.version, position, [], False, found.state)
                written = await self._append(decider, stream, found, events, meta)
                if written is not None:
                    return written
        raise Contended(f"{stream} was changed by others {MOST_DECISIONS} times in a row: retry")

    async def record(self, rows: Sequence[Fact]) -> list[Verdict]:
        """Write facts in bulk: a verdict a row, in order; every slice of a partition is one transaction."""
        verdicts = await facts.record(self.pool, self.name, rows, self.partitions)
        self.on_append()
        return verdicts

    async def answered(self, request: UUID, content: bytes) -> Known | None:
        """The fact that a request recorded when it came first: its answer for good, whatever became of it since.

        Raises CommandReused where that has another content.
        """
        known = await facts.of_request(self.pool, self.name, request)
        if known is not None and known.request_hash != content:
            raise CommandReused(request)
        return known

    async def state(self, decider: Decider[Any, Any], key: str, *, up_to: int | None = None) -> tuple[Any, int]:
        """A stream's state and version now, folded from its events, or as it was at version `up_to`."""
        stream = decider.stream(key)
        found = await self._find(decider, stream, UUID(int=0))
        if up_to is None or found.version <= up_to:
            return found.state, found.version
        rows = await self.read_stream(stream, up_to=up_to)
        return fold(decider, decider.state(), [row.document for row in rows]), up_to

    async def read_stream(self, stream: str, *, up_to: int | None = None) -> list[reading.LogRow]:
        """A stream's events in order, up to a version (edited streams) if one is given."""
        return await reading.stream(self.pool, stream, up_to)

    async def read_key(self, key: str, *, up_to: int | None = None) -> list[reading.LogRow]:
        """All events of a key (a dealer) by sequence, up to a sequence of its partition if one is given."""
        return await reading.key(self.pool, key, up_to)

    async def read(self, partition: int, after: int, limit: int) -> list[reading.LogRow]:
        """At most `limit` events of a partition behind a sequence."""
        return await reading.slice_of(self.pool, partition, after, limit)

    async def last(self) -> dict[int, int]:
        """The last sequence of every partition."""
        return await cuts.last_sequences(self.pool, self.partitions)

    async def cut(self, at: datetime | None = None) -> dict[str, dict[int, int]]:
        """The cut of this log at a moment (now, if none is given): final, so record it and never ask again."""
        return {self.name: await cuts.cut(self.pool, self.partitions, at)}

    def partition_of(self, stream_or_key: str) -> int:
        """The partition of a stream or key."""
        return partition_of(key_of(stream_or_key), self.partitions)

    async def _find(self, decider: Decider[Any, Any], stream: str, command: UUID) -> Found:
        row = await self.pool.fetchrow(LOOK_UP, stream, command, fold_hash(decider))
        assert row is not None
        since = row["since"] or []
        base = decider.state() if row["head_state"] is None else decode_state(decider, row["head_state"])
        return Found((row["head_version"] or 0) + len(since), fold(decider, base, since), row["known"])

    async def _append(
        self, decider: Decider[Any, Any], stream: str, found: Found, events: list[Event], meta: Meta
    ) -> Written | None:
        """Write what was decided; None if the stream moved or the command is known by now: ask anew."""
        ids = meta.event_ids or tuple(uuid7() for _ in events)
        if len(ids) != len(events):
            raise ValueError(f"{len(ids)} event ids for {len(events)} events")
        state = decider.fold(found.state, events)
        claims = [decider.claims(event) for event in events]
        pending = Pending(
            stream,
            found.version,
            meta.command_id,
            meta.request_hash,
            ids,
            tuple(self.document(event, stream, id_, meta) for event, id_ in zip(events, ids, strict=True)),
            tuple(key for each in claims for key in each.take),
            tuple(key for each in claims for key in each.release),
            fold_hash(decider),
            encode_state(state),
        )
        partition = self.partition_of(stream)
        done = await asyncio.shield(self._gathering.append(partition, pending))
        if done.verdict == "claimed":
            raise ClaimTaken(done.detail or "")
        if done.verdict != "appended" or done.first is None:
            return None
        position = Position(self.name, partition, done.first + len(events) - 1, done.lineage)
        return Written(stream, found.version + len(events), position, events, False, state)

    def document(self, event: Event, stream: str, id_: UUID, meta: Meta) -> bytes:
        """The bytes of one event of a command."""
        return encode(
            event,
            id=id_,
            subject=key_of(stream),
            time=self._now(),
            actor=meta.actor,
            business_date=meta.business_date,
            correlation=meta.correlation,
            cause=meta.cause,
            traceparent=meta.traceparent,
            imported=meta.imported,
        )

    async def _repeat(self, decider: Decider[Any, Any], stream: str, meta: Meta, known: list[Any]) -> Written:
        """The answer that the command got when it was new: a function of its events."""
        if known[0][4] != meta.request_hash or known[0][3] != stream:
            raise CommandReused(meta.command_id)
        version, (sequence, lineage) = known[-1][2], known[-1][:2]
        rows = await self.read_stream(stream, up_to=version)
        state = fold(decider, decider.state(), [row.document for row in rows])
        position = Position(self.name, self.partition_of(stream), sequence, lineage)
        events = [reading.event_of(document) for *_, document in known]
        return Written(stream, version, position, events, True, state)

    async def _position(self, stream: str, version: int) -> Position | None:
        row: asyncpg.Record | None = await self.pool.fetchrow(LAST_OF_STREAM, stream, version)
        return Position(self.name, self.partition_of(stream), row[0], row[1]) if row else None
