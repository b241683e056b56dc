"""Commands that wait for one partition are gathered into one call, since its lock spans a flush of the disk."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import asyncpg

from eventlog.connection import Pool
from eventlog.meta import Appended, Pending
from eventlog.refusals import CommandTooLarge, Contended, LogClosed, NotPast

MOST_COMMANDS = 64
MOST_BYTES = 4 << 20
MOST_EVENTS_OF_A_COMMAND = 100
MOST_BYTES_OF_A_COMMAND = 768 << 10
TRIES = 3

OF_ONE = (asyncpg.PostgresError, ValueError)
OF_ALL = (
    asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)  # fmt: skip
"""What the server says no to may be one command's own fault, unless it says that it, or the connection, is unwell."""

APPEND = "select * from log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"


class Gathering:
    """The waiting commands of every partition; at most one call a partition is under way."""

    def __init__(self, pool: Pool, *, on_append: Callable[[], None]) -> None:
        self._pool = pool
        self._on_append = on_append
        self._waiting: dict[int, deque[tuple[Pending, asyncio.Future[Appended]]]] = {}
        self._flushing: dict[int, asyncio.Task[None]] = {}

    async def append(self, partition: int, pending: Pending) -> Appended:
        """Write one decided command; its own verdict, whatever becomes of those it travelled with.

        A caller that is cancelled leaves the write to finish: its outcome is found by the command's id.
        """
        size = sum(map(len, pending.documents))
        if len(pending.documents) > MOST_EVENTS_OF_A_COMMAND or size > MOST_BYTES_OF_A_COMMAND:
            raise CommandTooLarge(f"{len(pending.documents)} events, {size} bytes: a command has at most 100, 768 KiB")
        answer: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(partition, deque()).append((pending, answer))
        if partition not in self._flushing:
            self._flushing[partition] = asyncio.create_task(self._flush(partition))
        return await answer

    async def _flush(self, partition: int) -> None:
        waiting = self._waiting[partition]
        try:
            while waiting:
                call: list[tuple[Pending, asyncio.Future[Appended]]] = []
                size = 0
                while waiting and len(call) < MOST_COMMANDS and size < MOST_BYTES:
                    call.append(waiting.popleft())
                    size += sum(map(len, call[-1][0].documents))
                await self._write(partition, call)
        finally:
            del self._flushing[partition]

    async def _write(self, partition: int, call: list[tuple[Pending, asyncio.Future[Appended]]]) -> None:
        try:
            verdicts = await self._call(partition, [pending for pending, _ in call])
        except Exception as error:
            if len(call) > 1 and isinstance(error, OF_ONE) and not isinstance(error, OF_ALL):
                for each in call:  # nothing of the call was written: each again alone, for its own outcome
                    await self._write(partition, [each])
                return
            for _, answer in call:
                if not answer.done():
                    answer.set_exception(error)
            return
        self._on_append()
        for (_, answer), verdict in zip(call, verdicts, strict=True):
            if not answer.done():
                answer.set_result(verdict)

    async def _call(self, partition: int, call: list[Pending]) -> list[Appended]:
        arguments = _arguments(partition, call)
        for _ in range(TRIES):
            try:
                rows = await self._pool.fetch(APPEND, *arguments)
            except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
                continue  # another partition wrote the same command or claim in the meantime: it is known now
            except asyncpg.PostgresError as error:
                raise closed(error) from error
            return [Appended(*row) for row in rows]
        raise Contended("another partition took the same name or id three times in a row: retry")


def closed(error: asyncpg.PostgresError) -> Exception:
    """The log's own refusals by their SQLSTATE; any other database error as it is."""
    if error.sqlstate == "DL004":
        return NotPast(str(error))
    if error.sqlstate in {"DL001", "DL002", "DL003"}:
        return LogClosed(str(error))
    return error


def _arguments(partition: int, call: list[Pending]) -> list[Any]:
    claims = [
        (number, key, take)
        for number, pending in enumerate(call, 1)
        for keys, take in ((pending.releases, False), (pending.takes, True))
        for key in keys
    ]
    return [
        partition,
        [c.stream for c in call],
        [c.expected for c in call],
        [c.command for c in call],
        [c.request_hash for c in call],
        [len(c.documents) for c in call],
        [each for c in call for each in c.ids],
        [each for c in call for each in c.documents],
        [number for number, _, _ in claims],
        [key for _, key, _ in claims],
        [take for _, _, take in claims],
        [c.fold for c in call],
        [c.state for c in call],
    ]
