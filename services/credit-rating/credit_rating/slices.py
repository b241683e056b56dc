"""Many dealers, slice by slice: a moment of the read model each, so that no transaction stays open over them all.

What is done for dealer after dealer goes through `for_each`: the trouble of one holds up no other. It is logged,
counted, passed over, and raised once all the others had their turn.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import asyncpg
import structlog

from credit_rating.snapshot import company_snapshot
from eventlog.connection import Connection
from eventlog.log import Log
from eventlog.refusals import LogClosed
from events.decider import Refused
from service.problems import Problem

SLICE = 200
"""Dealers whose ledgers are in memory at once."""
OF_ALL: tuple[type[Exception], ...] = (
    Refused, Problem, LogClosed, OSError,
    asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError,
)  # fmt: skip
"""No one dealer's trouble: the policy, the log or the database is away, and the whole waits for it."""
Row = Mapping[str, Any]
Loaded = TypeVar("Loaded")
Command = TypeVar("Command")
log = structlog.get_logger("slices")


class SomeWait(Exception):
    """Some of many failed and are tried again; `done`: the others. `failed`: the error of each, by name.

    Its text tells how many and which kinds of errors, nothing that an error says: it may be shown to anybody.
    """

    def __init__(self, what: str, failed: Mapping[str, Exception], done: int = 0) -> None:
        kinds = ", ".join(sorted(set(map(kind_of, failed.values()))))
        super().__init__(f"{what}: {len(failed)} waiting ({kinds})")
        self.failed, self.done = dict(failed), done


def kind_of(error: Exception) -> str:
    """What may be shown of an error to anybody: a problem's code, else the error's type."""
    match error:
        case SomeWait():
            return str(error)
        case Problem() | Refused():
            return error.code
        case _:
            return type(error).__name__


async def slices(
    load: Callable[[Row | None], Awaitable[tuple[Sequence[Row], Loaded]]], size: int
) -> AsyncIterator[tuple[Sequence[Row], Loaded]]:
    """Slice after slice of at most `size` rows: `load` reads those behind the last row, and what belongs to them."""
    last: Row | None = None
    while True:
        rows, loaded = await load(last)
        yield rows, loaded
        if len(rows) < size:
            return
        last = rows[-1]


@dataclass(frozen=True, kw_only=True)
class Walk(Generic[Command]):
    """Something that is done for many dealers: `rows` behind the last one, what is `due` for them, how it is `given`.

    Every row names its `dealer`; `due` answers pairs of a dealer's id and its command.
    """

    name: str
    rows: Callable[[Connection, Row | None], Awaitable[Sequence[Row]]]
    due: Callable[[Connection, Sequence[Row]], Awaitable[Sequence[tuple[str, Command]]]]
    give: Callable[[str, Command], Awaitable[bool]]


async def for_each(to: Log, walk: Walk[Command]) -> int:
    """Do it for every dealer; answers for how many it was done now. Raises `SomeWait` when all had their turn."""
    done, failed = 0, dict[str, Exception]()

    def passed_over(dealer: str, error: Exception) -> None:
        log.warning("passed over", what=walk.name, dealer=dealer, error=f"{type(error).__name__}: {error}"[:500])
        failed[dealer] = error

    async def load(last: Row | None) -> tuple[Sequence[Row], list[tuple[str, Command]]]:
        async with company_snapshot(to.pool) as conn:
            rows = await walk.rows(conn, last)
            try:
                return rows, list(await walk.due(conn, rows)) if rows else []
            except OF_ALL:
                raise
            except Exception as error:  # one of them: which one is found alone
                log.info("a slice is gone through one by one", what=walk.name, error=type(error).__name__)
        return rows, [found for row in rows for found in await alone(row)]

    async def alone(row: Row) -> Sequence[tuple[str, Command]]:
        try:
            async with company_snapshot(to.pool) as conn:
                return await walk.due(conn, [row])
        except OF_ALL:
            raise
        except Exception as error:  # it holds up nobody else
            passed_over(str(row["dealer"]), error)
            return []

    async for _, due in slices(load, SLICE):
        for dealer, command in due:
            try:
                done += await walk.give(dealer, command)
            except OF_ALL:
                raise
            except Exception as error:  # it holds up nobody else
                passed_over(dealer, error)
    if failed:
        raise SomeWait(walk.name, failed, done)
    return done
