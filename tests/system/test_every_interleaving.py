"""Law 2 for the tables of every service: any interleaving, batch size, number of workers or restart ends equal.

And law 3 for the same tables: live, rebuilt and folded agree.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from typing import Any

import pytest
from varied import every_type_varied

from dealerlog.fleet import MEMBERS
from eventlog.digest import digest
from eventlog.fold import Told, fold
from eventlog.histories import PARTITIONS, contents, publish, shuffled, topics
from eventlog.projection import FactsTable, Patch, StateTable, text
from eventlog.projection import json as json_column
from eventlog.projector import Projector
from eventlog.rebuild import Rebuild
from events import EVENT_TYPES, CreditNoteIssued, InvoiceIssued, PaymentReceived
from events.placement import key_of, unpack

SERVICES = sorted(MEMBERS)
VARIANTS = [{"workers": 1, "batch": 1}, {"workers": 4, "batch": 9}, {"workers": 1, "batch": 0}]


def tables_of(service: str) -> list[Any]:
    return list(MEMBERS[service].declaration.tables)


async def digests(pool, tables):
    async with pool.acquire() as connection, connection.transaction():
        return {
            table.name: await digest(connection, "g1", table.name, {c: kind.sql for c, kind in table.every.items()})
            for table in tables
        }


async def project(pool, service, tables, records, *, workers, batch, seed):
    """Deliver records as a group of workers gets them: partitions dealt out, restarts, the same batch again."""
    chance = random.Random(seed)
    wanted = Projector(service, tables, pool, PARTITIONS).topics
    records = [record for record in records if record.topic in wanted]
    shares = [[r for r in records if (len(r.topic) + r.partition) % workers == n] for n in range(workers)]

    async def started():
        projector = Projector(service, tables, pool, PARTITIONS)
        await projector.start()
        return projector

    async def work(share):
        projector, at = await started(), 0
        while at < len(share):
            size = batch or len(share)
            await projector.apply(share[at : at + size])
            at += size
            if chance.random() < 0.1:
                at = max(0, at - chance.randrange(2 * size + 1))
                projector = await started()
        assert not projector.stopped and not projector.parked

    await asyncio.gather(*(work(share) for share in shares))


def test_the_histories_hold_every_type_and_version_of_the_catalogue():
    histories = every_type_varied(11)
    documents = [json.loads(record.value) for history in histories for record in history.all()]
    assert len(documents) >= 500
    assert {each["type"] for each in documents} == set(EVENT_TYPES)
    assert {each["schemaversion"] for each in documents if each["type"] == "VisitLogged"} == {1, 2}
    streams = Counter(each["subject"] + "/" + EVENT_TYPES[each["type"]].stream for each in documents)
    assert sum(1 for events in streams.values() if events >= 2) >= 50


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
async def test_every_interleaving_ends_in_equal_tables(make_pool, service):
    histories, tables = every_type_varied(11), tables_of(service)
    ordered = [record for history in histories for record in history.all()]
    reference = await make_pool()
    await project(reference, service, tables, ordered, workers=1, batch=200, seed=0)
    expected = await digests(reference, tables)
    assert all(each.rows for each in expected.values()), expected
    for seed, variant in enumerate(VARIANTS, 1):
        pool = await make_pool()
        await project(pool, service, tables, shuffled(histories, seed), seed=seed, **variant)
        assert await digests(pool, tables) == expected, variant


async def test_a_table_that_depends_on_order_is_found_among_a_services_own(make_pool):
    """One column that the streams of many dealers set: each is ordered, together they are not."""
    service = "credit-rating"
    planted = StateTable("last_document", key={"currency": text}, columns={"number": text})

    @planted.on(InvoiceIssued, PaymentReceived, CreditNoteIssued, uses=("currency", "number"))
    def last(e):
        return Patch(key=(e.data.currency,), set={"number": e.data.number})

    histories, tables, found = every_type_varied(11), [*tables_of(service), planted], []
    for seed in range(1, 5):
        pool = await make_pool()
        records = shuffled(histories, seed)
        await project(pool, service, tables, records, workers=1, batch=0, seed=seed)
        found.append(await digests(pool, tables))
    differ = {name for name in found[0] if len({each[name] for each in found}) > 1}
    assert differ == {"last_document"}


def plain(table, rows):
    """Rows in one order, JSON decoded: PostgreSQL gives it as text."""
    jsons = {name for name, column in table.every.items() if column is json_column}
    decoded = [
        {name: json.loads(v) if name in jsons and isinstance(v, str) else v for name, v in row.items()} for row in rows
    ]
    return sorted(decoded, key=lambda row: json.dumps(row, sort_keys=True, default=str))


@pytest.mark.parametrize("service", SERVICES)
async def test_live_rebuilt_and_folded_agree_for_every_table(stack, make_pool, topic_prefix, service):
    histories, tables = every_type_varied(5, prefix=topic_prefix), tables_of(service)
    pool = await make_pool()
    projector = Projector(service, tables, pool, PARTITIONS, prefix=topic_prefix)
    await projector.start()
    records = [record for record in shuffled(histories, 3) if record.topic in projector.topics]
    async with topics(stack, projector.topics):
        await publish(stack, records)
        await projector.apply(records)
        kafka = {"bootstrap_servers": stack.kafka.bootstrap_servers}
        rebuilt = await Rebuild(projector.plan, pool, kafka=kafka, topics=projector.topics, partitions=PARTITIONS).run()
    assert not rebuilt.parked
    assert {each.table: each.equal for each in rebuilt.compared} == {table.name: True for table in tables}
    names = [table.name for table in tables]
    live, green = await contents(pool, "g1", *names), await contents(pool, "g2", *names)
    assert live == green
    told = [Told(h.source, unpack(record.headers[0][1]), record.value) for h in histories for record in h.all()]
    cut = {history.source: {p: len(kept) for p, kept in history.records.items()} for history in histories}
    folded = [fold(tables, told, key, cut) for key in sorted({key_of(each.placement.stream) for each in told})]
    for table in tables:
        rows = [row for each in folded for row in each[table.name]]
        assert plain(table, rows) == plain(table, live[table.name]), table.name
        assert rows, table.name


async def test_a_fold_notices_a_row_that_was_changed(make_pool):
    """The comparison above can fail: one amount changed in one row is a difference."""
    histories, tables = every_type_varied(5, rounds=2), tables_of("credit-rating")
    pool = await make_pool()
    records = [record for history in histories for record in history.all()]
    await project(pool, "credit-rating", tables, records, workers=1, batch=0, seed=0)
    (ledger,) = [table for table in tables if table.name == "ledger_entry" and isinstance(table, FactsTable)]
    told = [Told(h.source, unpack(record.headers[0][1]), record.value) for h in histories for record in h.all()]
    cut = {history.source: {p: len(kept) for p, kept in history.records.items()} for history in histories}
    keys = sorted({key_of(each.placement.stream) for each in told})
    rows = [row for key in keys for row in fold(tables, told, key, cut)["ledger_entry"]]
    assert plain(ledger, rows) == plain(ledger, (await contents(pool, "g1", "ledger_entry"))["ledger_entry"])
    one = "select event from g1.ledger_entry where amount is not null limit 1"
    await pool.execute(f"update g1.ledger_entry set amount = amount + 0.01 where event = ({one})")
    assert plain(ledger, rows) != plain(ledger, (await contents(pool, "g1", "ledger_entry"))["ledger_entry"])
