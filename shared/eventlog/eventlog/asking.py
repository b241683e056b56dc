"""What a topic itself lacks is asked from the log's owner, a piece at a time; without an answer the partition stops."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import structlog

from eventlog.admission import Admission
from eventlog.arrived import Record
from eventlog.positions import Place
from eventlog.reached import UNKNOWN_OFFSET, Reached
from events.placement import HEADER

SILENT_SECONDS = 0.2
"""Pause before a silent owner is asked again: its partition waits, the others go on meanwhile."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Told:
    """An event as its owner answers it: a record of the topic that has no offset there."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    offset: int = UNKNOWN_OFFSET

    @classmethod
    def of(cls, topic: str, partition: int, *, key: bytes, document: bytes, placement: bytes) -> "Told":
        """The record of a document and its packed placement."""
        return cls(topic, partition, key, document, ((HEADER, placement),))


class Silent(Exception):
    """The owner could not answer now: the message says why, and what to do if that stays."""


class Unasked(Exception):
    """There is nobody to ask: the message says what an operator must set."""


Ask = Callable[[str, int, int, int], Awaitable[Sequence[Record]]]
"""(source, partition, after, up to) → what the owner of a log has of these sequences, from the first, perhaps not all.

Raises `Silent` when asking again may help, `Unasked` when it cannot.
"""

Apply = Callable[[Sequence[Record]], Awaitable[object]]


class Missing(NamedTuple):
    """What was learnt of a hole: records to apply now (none: the partition stopped, or the owner was `silent`)."""

    records: Sequence[Record] = ()
    silent: str | None = None


async def ask_for(ask: Ask | None, admission: Admission, place: Place, hole: tuple[int, int]) -> Missing:
    """Ask for the sequences of a hole (after, up to); stops the partition when nobody can have them."""
    (source, partition), (after, upto) = place, hole
    lacks = f"the topic lacks sequences {after + 1} to {upto}"
    if ask is None:
        return _stop(admission, place, f"{lacks}: republish {source}, then restart")
    try:
        records = await ask(source, partition, after, upto)
    except Unasked as error:
        return _stop(admission, place, f"{lacks}: republish {source}, or {error}, then restart")
    except Silent as error:
        log.warning("the owner of a log is silent", source=source, partition=partition, why=str(error))
        await asyncio.sleep(SILENT_SECONDS)
        return Missing(silent=f"{source}[{partition}]: {lacks}, and {error}"[:500])
    if not records:
        return _stop(admission, place, f"{lacks} and {source} has none of them published: republish it, then restart")
    log.info("the owner filled a hole", source=source, partition=partition, after=after, events=len(records))
    return Missing(records)


async def make_up(ask: Ask | None, admission: Admission, place: Place, lost: int, apply: Apply) -> None:
    """Ask for what a topic held behind the position and holds no more; `lost` is how many records that were.

    No gap shows it, for nothing comes: the topic is empty. An owner that has no more than what is applied ends it.
    """
    admission.emptied(place)
    while place not in admission.stopped:
        after = admission.reached.get(place, Reached()).sequence
        if ask is None:
            await ask_for(None, admission, place, (after, after + lost))
            return
        try:
            records = await ask(*place, after, after + lost)
        except Unasked:
            await ask_for(ask, admission, place, (after, after + lost))
            return
        except Silent as error:
            log.warning("the owner of a log is silent", place=place, why=str(error))
            await asyncio.sleep(SILENT_SECONDS)
            continue
        if not records:
            return
        log.info("the owner fills an emptied topic", place=place, after=after, events=len(records))
        await apply(records)
        if admission.reached.get(place, Reached()).sequence == after:
            return


def _stop(admission: Admission, place: Place, why: str) -> Missing:
    admission.stop(place, why)
    log.error("partition stopped", place=place, why=why)
    return Missing()
