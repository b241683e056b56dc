"""One declaration, three ways: live, rebuilt and folded agree, also on events of an older version."""

import json
import uuid

from eventlog.fold import Told, fold
from eventlog.projector import Projector
from eventlog.rebuild import Rebuild
from events.placement import unpack

JSON = ("card", "people")
TABLES = ("journal", "visit", "summary", "ledger_entry", "dealer")


def plain(rows):
    """Rows in one order, JSON decoded: PostgreSQL gives it as text."""
    decoded = [
        {name: json.loads(value) if name in JSON and isinstance(value, str) else value for name, value in row.items()}
        for row in rows
    ]
    return sorted(decoded, key=repr)


def told(histories):
    return [
        Told(history.source, unpack(record.headers[0][1]), record.value)
        for history in histories
        for record in history.all()
    ]


async def test_live_rebuilt_and_folded_agree(stack, pool, world, topic_prefix):
    histories = world.every_type(seed=5, prefix=topic_prefix)
    projector = Projector("reporting", world.declare_every_type(), pool, world.PARTITIONS, prefix=topic_prefix)
    await projector.start()
    records = world.shuffled(histories, 3)
    async with world.topics(stack, projector.topics):
        await world.publish(stack, records)
        await projector.apply(records)
        kafka = {"bootstrap_servers": stack.kafka.bootstrap_servers}
        rebuilt = await Rebuild(
            projector.plan, pool, kafka=kafka, topics=projector.topics, partitions=world.PARTITIONS
        ).run()
    assert all(each.equal and each.green.rows for each in rebuilt.compared)
    assert not rebuilt.parked
    live, green = await world.contents(pool, "g1", *TABLES), await world.contents(pool, "g2", *TABLES)
    assert live == green
    assert any(b'"type":"VisitLogged"' in r.value and b'"schemaversion":1' in r.value for r in records)
    cut = {history.source: {p: len(kept) for p, kept in history.records.items()} for history in histories}
    dealers = {row["dealer"] for row in live["summary"]}
    assert len(dealers) == 8
    for dealer in dealers:
        folded = fold(world.declare_every_type(), told(histories), str(dealer), cut)
        for table in TABLES:
            assert plain(folded[table]) == plain(row for row in live[table] if row["dealer"] == dealer), table


def test_a_fold_ends_at_its_cut(world):
    ledger = world.History("credit-rating")
    dealer = str(uuid.UUID(int=7))
    for number in range(5):
        ledger.add(world.invoice(f"I-{number}", "10.00"), dealer)
    (partition,) = ledger.records
    for known in range(6):
        rows = fold(world.declare(), told([ledger]), dealer, {"credit-rating": {partition: known}})
        assert len(rows["ledger_entry"]) == known
        assert sum(row["balance"] for row in rows["dealer"]) == known * 10
    assert fold(world.declare(), told([ledger]), dealer, {})["dealer"] == []
