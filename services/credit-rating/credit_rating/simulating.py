"""Simulate a policy over every dealer that a caller sees: facts read in slices at one cut, shares judged by processes.

Facts rows within a cut never change, so no transaction lasts longer than its slice. A share is judged where the reader
is, or, of many dealers, by processes of their own: `python -m credit_rating.simulating` is told a share and answers.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from credit_rating.domain.facts import DealerFacts
from credit_rating.domain.money import NOTHING
from credit_rating.domain.policy import CreditPolicy
from credit_rating.domain.simulation import Move, Policies, Simulated, Tally, compared, move_of, simulated, together
from credit_rating.domain.usual_ledger import UsualLedger
from credit_rating.evidence import WITHIN, bounds, facts_of
from credit_rating.snapshot import SERVICE
from credit_rating.usual_ledgers import ledgers_of
from eventlog.connection import Connection
from eventlog.loading import few_collections
from service.caller import Caller
from service.permissions import Reach
from service.problems import Problem
from service.scope import Reader

SLICE = 1000
"""Dealers that are read in one transaction."""
PROCESSES = 2
PROCESS = (sys.executable, "-m", "credit_rating.simulating")
WORTH_A_PROCESS = 2_000
"""Dealers that are judged in the second in which a process starts."""
PARKED, UNKNOWN = "stream-parked", "not-onboarded-yet"
AS_READ = "select dealer from unnest($1::uuid[]) with ordinality as these (dealer, place) order by place"
"""Ids of the type in which rows have theirs: these are found among them, and sent, several times as fast as others."""
IN_FORCE = """
select distinct on (g.dealer) g.dealer, g.grade from grade g
where g.dealer = any($1) and g.as_of <= $2 and (
    exists (select from run r where r.run = g.run and r.completed)
    or exists (select from review_step s where s.proposal = g.run and s.step = 'approved')
)
order by g.dealer, g.as_of desc, g.sequence desc
"""


BEFORE = f"""
select distinct on (dealer) dealer, "limit" from credit_limit
where dealer = any($1) and {WITHIN} and as_of <= $3
    and (causes is null or "limit" > (diligence ->> 'free')::numeric)
order by dealer, sequence desc
"""
"""What a raise of each dealer's limit is measured by: `Limited.before`, told by facts."""


class Listed(msgspec.Struct, frozen=True):
    """Which movers are wanted: of grade or also of limit alone, of one cell of the matrix, at most so many.

    Without `totals` nothing else is: dealers are worked through until there are so many, and no further.
    """

    totals: bool = True
    limits: bool = False
    now: int | None = None
    then: int | None = None
    most: int = 50

    def wants(self, each: Simulated) -> bool:
        """Whether a dealer belongs into the list."""
        now, then = each.grades
        moves = now != then or (self.limits and each.limits[0] != each.limits[1])
        return moves and self.now in (None, now) and self.then in (None, then)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is simulated: two policies as of a day at a cut, and who asks."""

    login: str
    role: str
    reach: Reach
    code: str | None
    as_of: date
    cut: dict[str, dict[int, int]]
    now: dict[str, Any]
    then: dict[str, Any]
    listed: Listed

    @property
    def caller(self) -> Caller:
        """Whose scope binds what is read."""
        return Caller(self.login, self.role, self.reach, self.code)


class Share(msgspec.Struct, frozen=True):
    """Dealers in order, and those whose streams are parked."""

    dealers: list[UUID]
    parked: set[UUID]


class Answer(msgspec.Struct):
    """The sums over a share, its first movers in order, and whom neither policy can grade."""

    tally: Tally
    moves: list[Move]
    left_out: list[tuple[str, str]]


class SimulationFailed(Exception):
    """A process of a simulation ended before it had answered."""


_one_at_a_time = asyncio.Lock()
"""Held by the one large simulation that may be under way in this process."""


@asynccontextmanager
async def judges(dealers: int) -> AsyncIterator[Sequence[Process]]:
    """Processes for so many dealers, none for few; they start while it is read whom they judge. 503: one at a time."""
    if dealers < WORTH_A_PROCESS * PROCESSES:
        yield ()
        return
    if _one_at_a_time.locked():
        raise Problem("temporarily-unavailable", "Another simulation is under way here: repeat when it is done.")
    started: list[Process] = []
    async with _one_at_a_time:
        try:
            for _ in range(PROCESSES):
                started.append(await asyncio.create_subprocess_exec(*PROCESS, stdin=PIPE, stdout=PIPE))
            yield started
        finally:
            for process in started:
                if process.returncode is None:
                    process.kill()
            await asyncio.gather(*(process.wait() for process in started))


async def simulate(reader: Reader, dsn: str, question: Question, share: Share, by: Sequence[Process] = ()) -> Answer:
    """The whole answer, by processes if there are any; `dsn` is the reader's, for these.

    A list without totals is worked through here as far as processes are not worth it, and then by them.
    """
    here, listed = WORTH_A_PROCESS * PROCESSES, question.listed
    if by:
        return await _by_processes(by, dsn, question, share)
    if listed.totals or len(share.dealers) <= here:
        return await judged(reader, question, share)
    near = await judged(reader, question, _part(share, 0, here))
    if len(near.moves) >= listed.most:
        return near
    far = _part(share, here, len(share.dealers))
    async with judges(here) as started:
        return _joined([near, await _by_processes(started, dsn, question, far)], listed.most)


async def _by_processes(processes: Sequence[Process], dsn: str, question: Question, share: Share) -> Answer:
    size = max(1, -(-len(share.dealers) // len(processes)))
    told = [_Told(dsn, question, _part(share, n * size, size)) for n in range(len(processes))]
    return _joined(await asyncio.gather(*map(_ask, processes, told)), question.listed.most)


def _joined(answers: Sequence[Answer], most: int) -> Answer:
    return Answer(
        together(each.tally for each in answers),
        [move for each in answers for move in each.moves][:most],
        [left for each in answers for left in each.left_out][:most],
    )


async def judged(reader: Reader, question: Question, share: Share) -> Answer:
    """One share, slice by slice: all of it if totals are wanted, else until the list is full."""
    policies = compared(CreditPolicy.read(question.now), CreditPolicy.read(question.then))
    answer = Answer(Tally(), [], [])
    for first in range(0, len(share.dealers), SLICE):
        async with reader.snapshot(question.caller) as conn:
            dealers = [row["dealer"] for row in await conn.fetch(AS_READ, share.dealers[first : first + SLICE])]
            ledgers = await ledgers_of(conn, dealers, question.cut, question.as_of)
            facts = await facts_of(conn, dealers, question.cut, with_entries=ledgers.unusual)
            graded = {row["dealer"]: row["grade"] for row in await conn.fetch(IN_FORCE, dealers, question.as_of)}
            before = await _before(conn, dealers, question) if policies.ask else {}
        part, known = Share(dealers, share.parked), _Known(facts, ledgers.usual, graded, before)
        await asyncio.to_thread(_judge, answer, part, known, policies, question)
        if not question.listed.totals and len(answer.moves) >= question.listed.most:
            break
    return answer


async def _before(conn: Connection, dealers: list[UUID], question: Question) -> dict[UUID, Decimal]:
    rows = await conn.fetch(BEFORE, dealers, bounds(question.cut, SERVICE), question.as_of)
    return {row["dealer"]: row["limit"] for row in rows}


class _Known(NamedTuple):
    facts: Mapping[UUID, DealerFacts]
    ledgers: Mapping[UUID, UsualLedger]
    """Without those that only the rule can measure: their entries are among the facts."""
    in_force: Mapping[UUID, int]
    before: Mapping[UUID, Decimal]


def _judge(answer: Answer, share: Share, known: _Known, policies: Policies, question: Question) -> None:
    listed = question.listed
    for dealer in share.dealers:
        facts = known.facts.get(dealer)
        if dealer in share.parked or facts is None:
            reason = PARKED if dealer in share.parked else UNKNOWN
            answer.tally.leave_out(reason)
            _note(answer.left_out, (str(dealer), reason), listed.most)
            continue
        ledger, before = known.ledgers.get(dealer), known.before.get(dealer, NOTHING)
        each = simulated(facts, question.as_of, policies, ledger, before)
        answer.tally.add(each, known.in_force.get(dealer))
        if each.grades == (None, None):
            _note(answer.left_out, (str(dealer), each.reason), listed.most)
        elif len(answer.moves) < listed.most and listed.wants(each):
            answer.moves.append(move_of(each))


def _note(left_out: list[tuple[str, str]], one: tuple[str, str], most: int) -> None:
    if len(left_out) < most:
        left_out.append(one)


def _part(share: Share, first: int, size: int) -> Share:
    dealers = share.dealers[first : first + size]
    return Share(dealers, share.parked.intersection(dealers) if share.parked else set())


class _Told(msgspec.Struct):
    dsn: str
    question: Question
    share: Share


async def _ask(process: Process, told: _Told) -> Answer:
    said, _ = await process.communicate(msgspec.msgpack.encode(told))
    if process.returncode:
        raise SimulationFailed(f"a process of the simulation ended with status {process.returncode}")
    return msgspec.msgpack.decode(said, type=Answer)


async def _answer(told: _Told) -> Answer:
    reader = await Reader.connect(told.dsn, size=1)
    try:
        with few_collections():
            return await judged(reader, told.question, told.share)
    finally:
        await reader.close()


if __name__ == "__main__":
    asked = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Told)
    sys.stdout.buffer.write(msgspec.msgpack.encode(asyncio.run(_answer(asked))))
