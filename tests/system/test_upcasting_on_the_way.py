"""Law 9: visits written in version 1 of their type are right in every table that reads them, three ways."""

from __future__ import annotations

import json
import uuid

import msgspec
import pytest
from varied import DEALERS, place

from dealerlog.fleet import MEMBERS
from eventlog.columns import PROVENANCE
from eventlog.fold import Told, fold
from eventlog.histories import PARTITIONS, SAMPLES, History, contents, publish, topics
from eventlog.projector import Projector
from eventlog.rebuild import Rebuild
from events.placement import unpack

WRITTEN = {"王磊、李娜": ["王磊", "李娜"], "王磊,张三，李娜": ["王磊", "张三", "李娜"], "王磊": ["王磊"], "": []}
"""How version 1 wrote the participants → what they are."""
READERS = ("customer-registry", "tiering", "reporting")


def visits(prefix: str) -> History:
    """For each way of writing, a visit in version 1 and the same in version 2; each pair is about one dealer."""
    history = History("customer-registry", prefix=prefix)
    sample = {
        n: msgspec.json.decode((SAMPLES / f"customer-registry/VisitLogged.v{n}.json").read_bytes()) for n in (1, 2)
    }
    for n, (text, names) in enumerate(WRITTEN.items()):
        for version, participants in ((1, text), (2, names)):
            document = sample[version] | {"id": str(uuid.UUID(int=10 * n + version, version=4)), "subject": DEALERS[n]}
            place(history, document | {"data": document["data"] | {"participants": participants}})
    return history


def said(rows):
    """By dealer: what its visits say, without where the log has them; JSON decoded."""
    found: dict[str, list[str]] = {}
    for row in rows:
        here = {name: value for name, value in row.items() if name not in PROVENANCE}
        if isinstance(here.get("participants"), str):
            here["participants"] = json.loads(here["participants"])
        found.setdefault(str(here.pop("dealer")), []).append(repr(sorted(here.items())))
    return found


@pytest.mark.parametrize("service", READERS)
async def test_a_visit_of_version_1_is_what_it_would_be_in_version_2(stack, make_pool, topic_prefix, service):
    history, tables = visits(topic_prefix), list(MEMBERS[service].declaration.tables)
    pool = await make_pool()
    projector = Projector(service, tables, pool, PARTITIONS, prefix=topic_prefix)
    await projector.start()
    async with topics(stack, projector.topics):
        await publish(stack, history.all())
        await projector.apply(history.all())
        kafka = {"bootstrap_servers": stack.kafka.bootstrap_servers}
        rebuilt = await Rebuild(projector.plan, pool, kafka=kafka, topics=projector.topics, partitions=PARTITIONS).run()
    assert not rebuilt.parked and all(each.equal for each in rebuilt.compared)
    live = (await contents(pool, "g1", "visit"))["visit"]
    green = (await contents(pool, "g2", "visit"))["visit"]
    told = [Told(history.source, unpack(record.headers[0][1]), record.value) for record in history.all()]
    cut = {history.source: {partition: len(kept) for partition, kept in history.records.items()}}
    folded = [row for dealer in DEALERS for row in fold(tables, told, dealer, cut)["visit"]]
    assert len(live) == len(folded) == 2 * len(WRITTEN)
    assert said(live) == said(green) == said(folded)
    for rows in said(live).values():
        first, second = rows
        assert first == second
    if "participants" in live[0]:
        by_dealer = {str(row["dealer"]): json.loads(row["participants"]) for row in live}
        assert [by_dealer[DEALERS[n]] for n in range(len(WRITTEN))] == list(WRITTEN.values())
