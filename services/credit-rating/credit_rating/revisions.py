"""Which revision of a document counts: one that was taken back may come again (ADR 0006), and then has another id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from credit_rating.snapshot import SERVICE
from eventlog.connection import Pool
from eventlog.meta import Known
from eventlog.position import Position
from events.ids import command_id

MOST_REVISIONS = 100
LATER = (range(1, 5), range(5, MOST_REVISIONS))
"""Looked for together: hardly a document comes more than four times."""
KNOWN = """
select command, id, partition, sequence, lineage, request_hash, stream from log.event where command = any($1) and n = 1
"""

Identity = tuple[str, str, str]
Judged = Literal["new", "duplicate", "conflict", "exhausted"]


class Standing(NamedTuple):
    """What counts under a document's number: an event with its revision, or none and the revision it would be.

    `revision` is None where the number was taken back as often as can be.
    """

    known: Known | None
    revision: int | None

    def judge(self, content: bytes) -> Judged:
        """What a document of this content is to it."""
        if self.known is not None:
            return "duplicate" if self.known.request_hash == content else "conflict"
        return "exhausted" if self.revision is None else "new"


def document_id(identity: Identity, revision: int) -> UUID:
    """The command id of a document; revision 0 is its first coming."""
    kind, source, number = identity
    return command_id(SERVICE, kind, source, number, *([revision] if revision else []))


def reversal_id(event: UUID) -> UUID:
    """The command id of the reversal of an event: an event is taken back once."""
    return command_id(SERVICE, "reversal", str(event))


def allocation_id(event: UUID, nth: int) -> UUID:
    """The command id of the n-th allocation of the money of an event: of two at once, one comes to be the n-th."""
    return command_id(SERVICE, "allocation", str(event), nth)


async def known(pool: Pool, commands: Sequence[UUID]) -> dict[UUID, Known]:
    """What the log holds under these ids, wherever it lies."""
    rows = await pool.fetch(KNOWN, commands) if commands else []
    return {row["command"]: _known(row) for row in rows}


async def standings(pool: Pool, identities: Iterable[Identity]) -> dict[Identity, Standing]:
    """What counts under each of these numbers; each revision but the last was taken back."""
    first = {document_id(each, 0): each for each in identities}
    last = {first[command]: (0, each) for command, each in (await known(pool, list(first))).items()}
    again = await _taken_back(pool, last)
    for span in LATER:
        commands = {document_id(each, n): (each, n) for each in again for n in span}
        found = await known(pool, list(commands))
        for command, (each, n) in commands.items():
            if command in found and n > last[each][0]:
                last[each] = (n, found[command])
        again = {each for each in again if last[each][0] == span[-1]}
    back = await _taken_back(pool, last)
    return {each: _standing(last.get(each), each in back) for each in first.values()}


async def _taken_back(pool: Pool, last: dict[Identity, tuple[int, Known]]) -> set[Identity]:
    reversals = {reversal_id(event.event): each for each, (_, event) in last.items()}
    return {reversals[command] for command in await known(pool, list(reversals))}


def _standing(last: tuple[int, Known] | None, taken_back: bool) -> Standing:
    if last is None:
        return Standing(None, 0)
    revision, event = last
    if not taken_back:
        return Standing(event, revision)
    return Standing(None, revision + 1 if revision + 1 < MOST_REVISIONS else None)


def _known(row: Any) -> Known:
    position = Position(SERVICE, row["partition"], row["sequence"], row["lineage"])
    return Known(row["command"], row["id"], position, row["request_hash"], row["stream"])
