"""Whatever is due by date: commands from a due-table, issued by one leased worker. The decider checks again.

    due = due_table()

    @due.on(CreditReviewOpened, uses=("review_due",))
    def review(e):
        return Patch(key=("open-review", e.subject, e.data.review_due))

    OPEN_REVIEW = Duty("open-review", lambda subject, due_on: Act(CREDIT, subject, OpenReview(due_on=due_on)))

Architecture 3, "clock": the id is (kind, subject, due date), the business date is the due date.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import NamedTuple

import structlog

from eventlog.act import FINAL, Act, Handles
from eventlog.columns import day, text
from eventlog.connection import Connection, Pool
from eventlog.ddl import quoted
from eventlog.meta import Meta
from eventlog.projection import HIDDEN, StateTable
from events import Refused, command_id, event_id, request_hash

MOST_DIFFERENCE = 60.0
LEASE = timedelta(seconds=30)
SLICE = 200
FIRST: tuple[date | None, str, str] = (None, "", "")
LEASE_IT = """
insert into projection.lease as l (name, holder, until) values ($1, $2, clock_timestamp() + $3)
on conflict (name) do update set holder = excluded.holder, until = excluded.until
where l.holder = excluded.holder or l.until < clock_timestamp() returning true
"""
ISSUED = "insert into projection.issued (kind, subject, due_on) values ($1, $2, $3) on conflict do nothing"
DATABASE_CLOCK = "select extract(epoch from clock_timestamp())::double precision"
DUE = """
select d.kind, d.subject, d.due_on from {table} d
where d.due_on <= $1 and d.kind = any($2::text[]) and not d.tombstone
and ($4::date is null or (d.due_on, d.kind, d.subject) > ($4, $5::text, $6::text))
and not exists (
    select from projection.issued i where i.kind = d.kind and i.subject = d.subject and i.due_on = d.due_on)
order by d.due_on, d.kind, d.subject limit $3
"""

log = structlog.get_logger(__name__)


class ClocksDiffer(Exception):
    """Host and database clocks differ by more than 60 s: nothing is issued until they agree."""


class Duty(NamedTuple):
    """A kind of thing that falls due, and the command that it becomes."""

    kind: str
    act: Callable[[str, date], Act]


def due_table(name: str = "due") -> StateTable:
    """The projection that says what falls due when: one row per (kind, subject, due date), tombstoned when void.

    Its subjects may be dealers of anywhere, and only the clock reads it: it is hidden from requests.
    """
    key = {"kind": text, "subject": text, "due_on": day}
    return StateTable(name, key=key, columns={}, scope=HIDDEN, indexes=[("due_on",)])


class Clock:
    """Issues a service's duties. `today` gives the business date in the installation's time zone."""

    def __init__(
        self,
        duties: Iterable[Duty],
        handles: Handles,
        pool: Pool,
        *,
        holder: str,
        today: Callable[[], date],
        table: str = "due",
        host_clock: Callable[[], float] = time.time,
    ) -> None:
        self._duties = {duty.kind: duty for duty in duties}
        self._handles, self._pool, self._holder, self._today = handles, pool, holder, today
        self._table, self._host_clock = table, host_clock
        self._after: tuple[date | None, str, str] = FIRST

    async def run(self, every_seconds: float = 5.0) -> None:
        """Turn for ever. Raises `ClocksDiffer`: the worker stops, loudly."""
        while True:
            if await self.turn() < SLICE:
                await asyncio.sleep(every_seconds)

    async def turn(self) -> int:
        """Issue what is due, at most 200 commands; 0 also where another worker holds the lease.

        The next turn goes on behind these, and from the oldest on once the end is reached: what fails again and again
        keeps nothing else waiting.
        """
        async with self._pool.acquire() as connection:
            await self._compare(connection)
            if not await connection.fetchval(LEASE_IT, "clock", self._holder, LEASE):
                return 0
            schema = await connection.fetchval("select schema from projection.generation")
            query = DUE.format(table=f"{quoted(schema)}.{quoted(self._table)}")
            rows = await connection.fetch(query, self._today(), list(self._duties), SLICE, *self._after)
        self._after = (rows[-1]["due_on"], rows[-1]["kind"], rows[-1]["subject"]) if len(rows) == SLICE else FIRST
        done = 0
        for row in rows:
            done += await self._issue(row["kind"], row["subject"], row["due_on"])
        return done

    async def _compare(self, connection: Connection) -> None:
        before = self._host_clock()
        database = await connection.fetchval(DATABASE_CLOCK)
        difference = database - (before + self._host_clock()) / 2
        if abs(difference) > MOST_DIFFERENCE:
            log.error("clocks differ", seconds=round(difference, 1))
            raise ClocksDiffer(
                f"the database's clock is {difference:+.0f} s from this host's: set them, then start the worker again"
            )

    async def _issue(self, kind: str, subject: str, due_on: date) -> bool:
        """One duty; False: to be tried again at the next turn."""
        act = self._duties[kind].act(subject, due_on)
        named = (kind, subject, due_on.isoformat())
        meta = Meta(
            actor="clock",
            business_date=due_on,
            command_id=command_id("clock", *named),
            request_hash=request_hash({"kind": kind, "subject": subject, "due_on": due_on.isoformat()}),
            correlation=str(command_id("clock", *named)),
            event_ids=tuple(event_id("clock", *named, n) for n in range(1, act.events + 1)),
        )
        try:
            await self._handles.handle(act.decider, act.key, act.command, meta)
        except Refused as refusal:
            if refusal.retryable:
                return False
            log.info("nothing was due after all", kind=kind, subject=subject, due_on=str(due_on), why=str(refusal))
        except FINAL as error:
            log.error("a due command cannot be issued", kind=kind, subject=subject, error=str(error))
            return False
        await self._pool.execute(ISSUED, kind, subject, due_on)
        return True
