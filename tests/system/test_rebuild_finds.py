"""Law 3: a rebuild of a real service refuses what differs in any way from what its topics tell."""

from __future__ import annotations

from typing import Any

import pytest
from varied import every_type_varied

from dealerlog.fleet import MEMBERS
from eventlog.histories import PARTITIONS, publish, topics
from eventlog.projector import Projector
from eventlog.rebuild import Different, Rebuild
from eventlog.slice import Forked

FIRST = "{0} where ctid = (select ctid from g1.{1} order by {2} limit 1)"
SWAP = """
with pair as (
    select a.event as one, b.event as other, a.amount as of_one, b.amount as of_other
    from g1.{0} a join g1.{0} b on a.amount < b.amount and a.dealer = b.dealer order by a.event, b.event limit 1)
update g1.{0} t set amount = case when t.event = pair.one then pair.of_other else pair.of_one end
from pair where t.event in (pair.one, pair.other)
"""
"""Two rows of one dealer change their amounts: no sum tells."""
TAMPERED = {
    ("credit-rating", "one event left out"): (
        "ledger_entry", 1, FIRST.format("delete from g1.ledger_entry", "ledger_entry", "event")
    ),
    ("credit-rating", "one changed row"): (
        "orders", 1, FIRST.format("update g1.orders set amount = coalesce(amount, 0) + 1", "orders", "dealer, number")
    ),
    ("credit-rating", "one swapped pair"): ("ledger_entry", 2, SWAP.format("ledger_entry")),
    ("tiering", "one event left out"): (
        "sale_line", 1, FIRST.format("delete from g1.sale_line", "sale_line", "event")
    ),
    ("tiering", "one changed row"): (
        "dealer", 1, FIRST.format("update g1.dealer set name = coalesce(name, '') || '.'", "dealer", "dealer")
    ),
    ("tiering", "one swapped pair"): ("sale_line", 2, SWAP.format("sale_line")),
}  # fmt: skip
"""(service, what) → the table that must differ, how many rows are touched, and the statement."""


async def built(pool: Any, service: str, prefix: str) -> tuple[Projector, list[Any]]:
    """A live generation of the varied histories, and the records of its topics."""
    projector = Projector(service, list(MEMBERS[service].declaration.tables), pool, PARTITIONS, prefix=prefix)
    await projector.start()
    histories = every_type_varied(7, prefix=prefix, rounds=6)
    records = [record for history in histories for record in history.all() if record.topic in projector.topics]
    await projector.apply(records)
    assert not projector.parked and not projector.stopped
    return projector, records


def rebuild(stack: Any, pool: Any, projector: Projector) -> Rebuild:
    kafka = {"bootstrap_servers": stack.kafka.bootstrap_servers}
    return Rebuild(projector.plan, pool, kafka=kafka, topics=projector.topics, partitions=PARTITIONS)


@pytest.mark.parametrize("service", ["credit-rating", "tiering"])
async def test_a_rebuild_finds_one_event_one_row_and_one_swapped_pair(stack, make_pool, topic_prefix, service):
    pool = await make_pool()
    projector, records = await built(pool, service, topic_prefix)
    await pool.execute("create schema kept")
    async with topics(stack, projector.topics):
        await publish(stack, records)
        for (named, what), (table, rows, statement) in TAMPERED.items():
            if named != service:
                continue
            await pool.execute(f"create table kept.rows as table g1.{table}")
            assert (await pool.execute(statement)).split()[-1] == str(rows), what
            with pytest.raises(Different) as refused:
                await rebuild(stack, pool, projector).run()
            assert refused.value.tables == [table], what
            assert await pool.fetchval("select schema from projection.generation") == "g1"
            await pool.execute(f"delete from g1.{table}")
            await pool.execute(f"insert into g1.{table} table kept.rows")
            await pool.execute("drop table kept.rows")
        rebuilt = await rebuild(stack, pool, projector).run()  # nothing else was wrong
        assert all(each.equal for each in rebuilt.compared)


@pytest.mark.parametrize("service", ["credit-rating", "tiering"])
async def test_a_rebuild_from_a_topic_that_lacks_one_event_is_refused(stack, make_pool, topic_prefix, service):
    pool = await make_pool()
    projector, records = await built(pool, service, topic_prefix)
    ours = [record for record in records if record.topic == f"{topic_prefix}{service}.events"]
    partition = ours[0].partition
    inner = [record for record in ours if record.partition == partition][3]
    async with topics(stack, projector.topics):
        await publish(stack, [record for record in records if record is not inner])
        with pytest.raises(Forked, match=f"{service} partition {partition}: after sequence 3"):
            await rebuild(stack, pool, projector).run()
    assert await pool.fetchval("select schema from projection.generation") == "g1"
