"""A service's log and facts made again from the topics alone, in a database of one's own: for who trusts no table.

    again = FromTopics("credit-rating", TABLES, pool, kafka=…, topics={"credit-rating": "credit-rating.events", …})
    await again.restore(owner_url, deciders)
    await again.bring_to(cut)

Nothing of a live database is read. The log is restored, hence one chain from its first event on; the tables hold what
lies within the cut and nothing else, so a query that forgot its cut gets the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventlog import ddl, generations, parking, positions
from eventlog.connection import Connection, Pool
from eventlog.generations import Built, Open
from eventlog.loading import Load, load
from eventlog.log import Log
from eventlog.plan import Plan
from eventlog.position import Cut
from eventlog.projection import Table
from eventlog.reached import Reached
from eventlog.restore import Restored, restore
from events.decider import Decider
from events.placement import PARTITIONS


class Unread(Exception):
    """Events within the cut cannot be applied by this code: nothing that rests on them can be derived."""


class FromTopics:
    """An empty, migrated database that is filled from the topics; `pool` without `transaction_timeout`.

    `topics`: source → topic, the service's own among them. `tables`: those that its decisions read.
    """

    def __init__(
        self, service: str, tables: Iterable[Table], pool: Pool, *, kafka: Mapping[str, Any],
        topics: Mapping[str, str], partitions: int = PARTITIONS,
    ) -> None:  # fmt: skip
        self.log = Log(service, pool, partitions=partitions)
        self._plan, self._pool, self._kafka, self._topics = Plan(tables), pool, kafka, topics

    async def restore(self, owner_url: str, deciders: Iterable[Decider[Any, Any]]) -> Restored:
        """Fill the log from its own topic; raises `CannotRestore` where that is no whole history."""
        topic = self._topics[self.log.name]
        return await restore(
            owner_url, self._kafka, topic, self.log.name, deciders, partitions=self.log.partitions, fenced=False
        )

    async def bring_to(self, cut: Cut) -> None:
        """Let the tables hold exactly what lies within a cut, forward from the cut before or else from the first event.

        Raises `Forked` and `Stalled` where the topics do not lead there, `Unread` where an event cannot be applied.
        """
        await generations.ensure(self._pool, self._plan, self.log.partitions, Open())
        async with self._pool.acquire() as connection:
            here = await generations.current(connection)
            reached = await positions.load(connection, here.schema, self._plan.sources)
            targets = {place: Reached(cut.get(place[0], {}).get(place[1], 0)) for place in reached}
            if any(reached[place].sequence > targets[place].sequence for place in reached):
                here = await self._begin_again(connection, here)
            what = Load(here.schema, here.shape, self._topics)
            await load(what, self._plan, connection, self._kafka, targets)
            parked = await parking.parked_streams(connection, here.schema)
        if parked:
            first = parked[0]
            raise Unread(f"{len(parked)} streams cannot be read, such as {first.source} {first.stream}: {first.reason}")

    async def _begin_again(self, connection: Connection, before: Built) -> Built:
        async with connection.transaction():
            made = await generations.create(connection, self._plan, self.log.partitions, Open(), state="live")
            for statement in ddl.create_indexes(made.schema, self._plan.tables.values()):
                await connection.execute(statement)
            await connection.execute("update projection.generation set current = $1", made.generation)
        await generations.drop(connection, before.generation)
        return made
