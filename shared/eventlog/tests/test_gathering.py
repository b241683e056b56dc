"""Commands that travel in one call: each gets its own outcome, whatever one of them holds."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from eventlog.gathering import Gathering
from eventlog.meta import Appended, Pending
from events import uuid7

BAD = "b\x00"
"""PostgreSQL's text cannot hold it."""


class Lost:
    """A pool whose connection is lost within a call; counts calls."""

    def __init__(self) -> None:
        self.calls = 0

    async def fetch(self, *_: object) -> list[tuple[object, ...]]:
        self.calls += 1
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


def pending(number: int, claim: str) -> Pending:
    document = b'{"specversion":"1.0","id":"%d"}' % number
    return Pending(f"key/file-{number}", 0, uuid7(), b"h" * 32, (uuid7(),), (document,), (claim,), (), b"f", b"s")


async def outcomes(gathering: Gathering, partition: int, call: list[Pending]) -> list[Appended | BaseException]:
    """All of them in one call: nothing is flushed before the last one waits."""
    return list(await asyncio.gather(*(gathering.append(partition, each) for each in call), return_exceptions=True))


async def test_a_command_that_the_database_refuses_takes_none_of_its_neighbours_with_it(make_log):
    log = await make_log()
    call = [pending(n, claim) for n, claim in enumerate(["a", BAD, "c", "d"])]
    told = await outcomes(Gathering(log.pool, on_append=lambda: None), 3, call)
    assert [getattr(each, "verdict", type(each).__name__) for each in told] == [
        "appended", "CharacterNotInRepertoireError", "appended", "appended",
    ]  # fmt: skip
    rows = await log.read(3, 0, 10)
    assert [row.id for row in rows] == [call[n].ids[0] for n in (0, 2, 3)]
    assert [row.sequence for row in rows] == [1, 2, 3]


async def test_a_neighbour_that_is_refused_by_the_log_is_still_refused_by_the_log(make_log):
    log = await make_log()
    gathering = Gathering(log.pool, on_append=lambda: None)
    await gathering.append(3, pending(0, "a"))
    told = await outcomes(gathering, 3, [pending(1, BAD), pending(2, "a"), pending(3, "c")])
    assert [getattr(each, "verdict", None) for each in told] == [None, "claimed", "appended"]


@pytest.mark.parametrize("commands", [1, 4])
async def test_after_a_lost_connection_nobody_knows_and_nothing_is_sent_again(commands):
    pool = Lost()
    told = await outcomes(
        Gathering(pool, on_append=lambda: None),
        3,
        [pending(n, str(n)) for n in range(commands)],
    )
    assert [type(each) for each in told] == [asyncpg.ConnectionDoesNotExistError] * commands
    assert pool.calls == 1
