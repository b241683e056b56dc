"""The log: dense, in order, once, and never by a side door."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import asyncpg
import pytest

from eventlog import reading
from eventlog.facts import MOST_ROWS
from eventlog.log import LAST_OF_STREAM, LOOK_UP
from eventlog.refusals import ClaimTaken, CommandReused, Contended, LogClosed, StaleVersion
from eventlog.testing import REGION, fact, meta
from events import Refused, RegionDefined
from events.ids import command_id


def region(name: str, code: str = "R1") -> RegionDefined:
    return RegionDefined(code=code, name=name)


async def test_a_command_is_answered_with_its_position_and_state(make_log):
    log = await make_log()
    written = await log.handle(REGION, "region-R1", region("East"), meta("a"))
    assert (written.version, written.state.name, written.repeated) == (1, "East", False)
    assert str(written.position) == f"customer-registry:{log.partition_of('region-R1')}:1:1"


STATEMENTS = {
    "look up": (LOOK_UP, "text, uuid, bytea", "'s', gen_random_uuid(), ''"),
    "last of a stream": (LAST_OF_STREAM, "text, integer", "'s', 1"),
    "a stream": (reading.STREAM, "text, integer", "'s', 9"),
    "its facts": (reading.FACTS, "text", "'s'"),
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_no_command_reads_the_whole_log(make_log, name):
    log, (statement, types, values) = await make_log(), STATEMENTS[name]
    async with log.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off; set local plan_cache_mode = force_generic_plan")
        await connection.execute(f"prepare asked ({types}) as {statement}")
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain execute asked ({values})"))
        await connection.execute("deallocate asked")
    assert "Seq Scan on event" not in plan, "an index exists that the planner cannot use: say what it must know"


async def test_a_repeat_gets_the_first_answer_even_after_later_changes(make_log):
    log = await make_log()
    first = await log.handle(REGION, "region-R1", region("East"), meta("a", "East"))
    await log.handle(REGION, "region-R1", region("West"), meta("b", "West"))
    again = await log.handle(REGION, "region-R1", region("East"), meta("a", "East"), expected=0)
    assert again.repeated
    assert (again.version, again.state, again.position, again.events) == (
        first.version, first.state, first.position, first.events,
    )  # fmt: skip


async def test_the_same_id_with_other_content_is_refused(make_log):
    log = await make_log()
    await log.handle(REGION, "region-R1", region("East"), meta("a", "East"))
    with pytest.raises(CommandReused):
        await log.handle(REGION, "region-R1", region("West"), meta("a", "West"))


async def test_a_stale_version_is_refused_and_nothing_is_written(make_log):
    log = await make_log()
    await log.handle(REGION, "region-R1", region("East"), meta())
    with pytest.raises(StaleVersion):
        await log.handle(REGION, "region-R1", region("West"), meta(), expected=0)
    assert sum((await log.last()).values()) == 1


async def test_a_refusal_and_an_unchanged_state_write_nothing(make_log):
    log = await make_log()
    with pytest.raises(Refused):
        await log.handle(REGION, "region-R1", region("refuse me"), meta())
    await log.handle(REGION, "region-R1", region("East"), meta())
    unchanged = await log.handle(REGION, "region-R1", region("East"), meta())
    assert (unchanged.events, unchanged.version) == ([], 1)
    assert sum((await log.last()).values()) == 1


async def test_a_name_is_claimed_by_one_stream_only_also_at_once(make_log):
    log = await make_log()
    answers = await asyncio.gather(
        *(log.handle(REGION, f"region-{n}", region("East", f"R{n}"), meta()) for n in range(12)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, ClaimTaken) for answer in answers) == 11
    assert sum((await log.last()).values()) == 1


async def test_simultaneous_repeats_write_once_and_all_get_the_answer(make_log):
    log = await make_log()
    other = await make_log(urls=log.urls)
    answers = await asyncio.gather(
        *(each.handle(REGION, "region-R1", region("East"), meta("same")) for each in (log, other) for _ in range(8))
    )
    assert {answer.position for answer in answers} == {answers[0].position}
    assert sum((await log.last()).values()) == 1


async def test_many_writers_leave_no_hole_and_a_reader_never_meets_one(make_log):
    log, other = (first := await make_log()), await make_log(urls=first.urls)
    seen: dict[int, int] = {}
    writing = True

    async def poll() -> None:
        while writing or any(seen.get(p, 0) < n for p, n in (await log.last()).items()):
            for partition in range(12):
                for row in await log.read(partition, seen.get(partition, 0), 1000):
                    assert row.sequence == seen.get(partition, 0) + 1
                    seen[partition] = row.sequence

    async def write(each, n: int) -> None:
        await each.handle(REGION, f"region-R{n % 7}", region(f"name {n}"), meta())

    reader = asyncio.create_task(poll())
    await asyncio.gather(*(write(each, n) for n in range(150) for each in (log, other)), return_exceptions=True)
    writing = False
    await reader
    rows = [row for partition in range(12) for row in await log.read(partition, 0, 1000)]
    assert len(rows) >= 150
    for before, row in pairwise(rows):
        assert row.previous == (before.id if before.partition == row.partition else None)
        assert row.recorded_at >= before.recorded_at or before.partition != row.partition


async def test_a_missing_head_is_folded_again_and_never_decides(make_log):
    log = await make_log()
    for name in ("East", "West", "South"):
        await log.handle(REGION, "region-R1", region(name), meta())
    owner = await asyncpg.connect(log.urls.owner)
    await owner.execute(
        'update log.head set version = 1, state = convert_to(\'{"code":"R1","name":"East","names":1}\', \'UTF8\')'
    )
    written = await log.handle(REGION, "region-R1", region("North"), meta())
    assert (written.version, written.state.names) == (4, 4)
    await owner.execute("delete from log.head")
    await owner.close()
    with pytest.raises(StaleVersion):
        await log.handle(REGION, "region-R1", region("Centre"), meta(), expected=0)


async def test_only_the_functions_write_the_log(make_log):
    log = await make_log()
    await log.handle(REGION, "region-R1", region("East"), meta())
    tampering = "delete from log.event", "update log.event set document = ''", "insert into log.claim values ('a', 'b')"
    for statement in tampering:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await log.pool.execute(statement)


async def test_an_append_inside_another_transaction_or_isolation_is_refused(make_log):
    log = await make_log()
    call = "select * from log.take_partition(1::smallint)"
    async with log.pool.acquire() as connection:
        with pytest.raises(asyncpg.PostgresError, match="READ COMMITTED"):
            async with connection.transaction(isolation="repeatable_read"):
                await connection.execute(call)
        with pytest.raises(asyncpg.PostgresError, match="first write"):
            async with connection.transaction():
                await connection.execute("update log.lineage set service = 'x'")
                await connection.execute(call)


async def test_a_log_that_is_not_open_or_on_another_history_refuses(make_log):
    log = await make_log(opened=False)
    with pytest.raises(LogClosed, match="not open"):
        await log.handle(REGION, "region-R1", region("East"), meta())
    owner = await asyncpg.connect(log.urls.owner)
    await owner.execute("update log.lineage set opened = true, timeline = '0000000F'")
    await owner.close()
    with pytest.raises(LogClosed, match="adopt"):
        await log.handle(REGION, "region-R1", region("East"), meta())


async def test_facts_get_a_verdict_a_row_within_and_across_calls(make_log):
    log = await make_log("credit-rating")
    verdicts = await log.record([fact("d1", "1"), fact("d1", "1"), fact("d1", "1", "99.00"), fact("d2", "2")])
    assert [v.kind for v in verdicts] == ["accepted", "duplicate", "conflict", "accepted"]
    assert verdicts[0].position == verdicts[1].position == verdicts[2].position
    again = await log.record([fact("d2", "2"), fact("d1", "1"), fact("d1", "3"), fact("d3", "1")])
    assert [v.kind for v in again] == ["duplicate", "duplicate", "accepted", "conflict"]
    assert sum((await log.last()).values()) == 3


async def test_facts_may_claim_a_name_and_the_first_row_wins(make_log):
    log = await make_log("credit-rating")
    verdicts = await log.record([fact("d1", "1", claim="x"), fact("d1", "2", claim="x"), fact("d1", "3", claim="y")])
    assert sorted(v.kind for v in verdicts) == ["accepted", "accepted", "claimed"]
    assert [v.kind for v in await log.record([fact("d2", "4", claim="y"), fact("d2", "5")])] == ["claimed", "accepted"]


def said(verdicts):
    return [verdict.kind for verdict in verdicts]


async def test_facts_of_one_unit_are_written_together_or_not_at_all(make_log):
    log = await make_log()
    await log.record([fact("d1", "known")])
    conflicting = fact("d1", "known", amount="2.00")
    rows = [
        fact("d1", "first")._replace(unit=1), conflicting._replace(unit=1),
        fact("d1", "first")._replace(unit=2), fact("d1", "second")._replace(unit=2), fact("d1", "third"),
    ]  # fmt: skip
    assert said(await log.record(rows)) == ["refused", "conflict", "accepted", "accepted", "accepted"]
    assert said(await log.record(rows[2:])) == ["duplicate"] * 3
    assert sum((await log.last()).values()) == 4


async def test_a_unit_is_not_cut_in_two_by_the_length_of_a_call(make_log):
    log = await make_log()
    await log.record([fact("d1", "known")])
    rows = [fact("d1", f"n{n}") for n in range(MOST_ROWS - 1)]
    unit = [fact("d1", "a"), fact("d1", "known", amount="2.00"), fact("d1", "b")]
    verdicts = await log.record(rows + [each._replace(unit=7) for each in unit])
    assert said(verdicts) == ["accepted"] * len(rows) + ["refused", "conflict", "refused"]


async def test_a_fact_decided_by_what_its_stream_held_is_not_written_once_more_is_there(make_log):
    log = await make_log()
    await log.record([fact("d1", "a")])
    (seen,) = [last for last in (await log.last()).values() if last]
    decided = [fact("d1", f"decided-{n}")._replace(seen=seen) for n in range(4)]
    verdicts = await asyncio.gather(*(log.record([each]) for each in decided))
    assert sorted(said(v for (v,) in verdicts)) == ["accepted", "moved", "moved", "moved"]
    (accepted,) = [each for each, (v,) in zip(decided, verdicts, strict=True) if v.kind == "accepted"]
    assert said(await log.record([accepted])) == ["duplicate"], "a repeat is known whatever has come since"
    assert said(await log.record([fact("d1", "facts are not asked"), fact("d2", "nor others")])) == ["accepted"] * 2


async def test_an_id_that_derives_from_a_request_is_one_facts(make_log):
    log, request = await make_log(), command_id("a request")
    await log.record([fact("d1", "a")._replace(event_id=request)])
    with pytest.raises(Contended):
        await log.record([fact("d2", "b")._replace(event_id=request)])
    assert sum((await log.last()).values()) == 1


async def test_who_waits_too_long_for_a_turn_is_refused_and_nothing_is_written(make_log):
    log = await make_log()
    log.turns.seconds, going_on = 0.05, asyncio.Event()

    async def slowly(_: object) -> RegionDefined:
        await going_on.wait()
        return region("East")

    first = asyncio.create_task(log.handle(REGION, "region-R1", None, meta(), prepare=slowly))
    await asyncio.sleep(0)
    with pytest.raises(Contended):
        await log.handle(REGION, "region-R1", region("West"), meta())
    going_on.set()
    assert (await first).version == 1
    assert (await log.handle(REGION, "region-R1", region("West"), meta())).version == 2


async def test_the_same_bulk_from_many_at_once_is_recorded_once_and_dense(make_log):
    log = await make_log("credit-rating")
    rows = [fact(f"d{n % 40}", str(n)) for n in range(3000)]
    calls = await asyncio.gather(*(log.record(rows[k:] + rows[:k]) for k in (0, 500, 1500)))
    assert sum(v.kind == "accepted" for call in calls for v in call) == 3000
    assert sum((await log.last()).values()) == 3000
    for partition in range(12):
        sequences = [row.sequence for row in await log.read(partition, 0, 5000)]
        assert sequences == list(range(1, len(sequences) + 1))


async def test_nothing_is_recorded_at_or_before_a_moment_that_was_cut(make_log):
    log = await make_log()
    for n in range(5):
        await log.handle(REGION, "region-R1", region(f"n{n}"), meta())
    rows = await log.read_stream("region-R1/region")
    middle = await log.cut(rows[2].recorded_at)
    assert middle["customer-registry"][rows[0].partition] == 3
    ahead = datetime.now(UTC) + timedelta(milliseconds=300)
    cut = await log.cut(ahead)
    later = await log.handle(REGION, "region-R1", region("later"), meta())
    assert later.position.sequence == cut["customer-registry"][rows[0].partition] + 1
    assert (await log.read_stream("region-R1/region"))[-1].recorded_at > ahead
    with pytest.raises(LogClosed, match="not past"):
        await log.cut(datetime.now(UTC) + timedelta(hours=1))


async def test_a_cancelled_caller_does_not_undo_and_finds_the_outcome_by_its_id(make_log):
    log = await make_log()
    task = asyncio.create_task(log.handle(REGION, "region-R1", region("East"), meta("once")))
    await asyncio.sleep(0.004)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0.05)
    answer = await log.handle(REGION, "region-R1", region("East"), meta("once"))
    assert answer.version == 1 and sum((await log.last()).values()) == 1
