"""Reads logs, topics and tables as they are, beside the services: the judge's eyes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping

import asyncpg
import msgspec
from aiokafka import TopicPartition

from dealerlog.fleet import Fleet
from eventlog import tail
from eventlog.tail import History
from events.placement import PARTITIONS
from faults.families import MARK, MARKED, Shown
from faults.verdict import Record, Row

ROWS = """
select e.partition, e.sequence, e.id, e.previous, e.n, e.m, e.version, e.command, e.stream, e.document
from log.event e left join unnest($1::smallint[], $2::bigint[]) as seen (partition, sequence) using (partition)
where e.sequence > coalesce(seen.sequence, 0) order by e.partition, e.sequence
"""
STANDING = """
select (select json_object_agg(partition, last) from
        (select partition, max(sequence) as last from log.event group by partition) as ends) as ends,
    (select json_object_agg(partition, sequence) from log.mark) as marks,
    (select json_agg(json_build_array(p.reader, p.source, p.partition, p.sequence)) from projection.position p
        where p.reader not in (select 'g' || generation from projection.built where state = 'filling')) as positions,
    (select count(*) from projection.parked_stream) as parked
"""


Histories = defaultdict[tuple[str, int], History]
"""What was read so far of each partition of each log's topic."""


class _Document(msgspec.Struct):
    type: str
    data: dict[str, object]


class Stands(msgspec.Struct):
    """One service's database: where its log ends, what is published, how far its readers are."""

    ends: dict[int, int]
    marks: dict[int, int]
    positions: list[tuple[str, str, int, int]]
    parked: int


_document = msgspec.json.Decoder(_Document).decode


async def log_rows(url: str, after: Mapping[int, int]) -> list[Row]:
    """The rows of a log behind what was read, by partition and sequence."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        rows = await connection.fetch(ROWS, list(after), list(after.values()))
    finally:
        await connection.close()
    return [Row(*row[:9], number_of(row[9])) for row in rows]


def number_of(document: bytes) -> str | None:
    """The campaign's number that an event carries, if it is the first of a command of ours."""
    read = _document(document)
    field = MARKED.get(read.type.rpartition(".")[2] if "." in read.type else read.type)
    text = str(read.data.get(field, "")) if field else ""
    return text[text.index(MARK) :] if MARK in text else None


async def topic_records(
    fleet: Fleet, names: Iterable[str], offsets: Mapping[tuple[str, int], int], histories: Histories
) -> dict[str, list[Record]]:
    """Every event that counts in the topics of these logs from the offsets on; the histories are read on."""
    topics = {fleet.topic(name): name for name in names}
    found: dict[str, list[Record]] = {name: [] for name in topics.values()}
    client = tail.consumer(fleet.kafka.client_options())
    await client.start()
    try:
        places = [TopicPartition(topic, p) for topic in topics for p in range(PARTITIONS)]
        client.assign(places)
        ends = await client.end_offsets(places)
        firsts = await client.beginning_offsets(places)
        for place in places:
            client.seek(place, max(firsts[place], offsets.get((topics[place.topic], place.partition), 0)))
        async with asyncio.timeout(60):
            while any([await client.position(place) < ends[place] for place in places]):
                for place, records in (await client.getmany(timeout_ms=200)).items():
                    name = topics[place.topic]
                    for read in histories[name, place.partition].of(records):
                        at = read.placement
                        found[name].append(Record(place.partition, read.offset, at.sequence, read.id, at.previous))
    finally:
        await client.stop()
    return found


async def shown_numbers(url: str, table: Shown, numbers: Iterable[str] | None) -> dict[str, int]:
    """How often a table shows these numbers, or all of ours if none are named."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        schema = await connection.fetchval("select schema from projection.generation")
        wanted, given = ("= any ($1)", list(numbers)) if numbers is not None else ("like $1", f"{MARK}%")
        rows = await connection.fetch(
            f"select {table.expression}, count(*) from {schema}.{table.table} "
            f"where {table.expression} {wanted} group by 1",
            given,
        )
    finally:
        await connection.close()
    return {row[0]: row[1] for row in rows}


async def stands(url: str) -> Stands:
    """How one service's database stands."""
    connection = await asyncpg.connect(url, timeout=5)
    try:
        row = await connection.fetchrow(STANDING)
    finally:
        await connection.close()
    decode = msgspec.json.decode
    return Stands(
        decode(row["ends"] or "{}", type=dict[int, int]), decode(row["marks"] or "{}", type=dict[int, int]),
        decode(row["positions"] or "[]", type=list[tuple[str, str, int, int]]), row["parked"],
    )  # fmt: skip
