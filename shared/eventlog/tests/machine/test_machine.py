"""The log against its model: any order of commands, repeats, conflicts, crashes, losses and what operators do then.

Real PostgreSQL and real Kafka. After each step the log must hold what the model holds, in its order, and be whole by
its own audit (dense, chained, heads and claims what the events fold to).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from eventlog import publisher
from eventlog.audit import audit
from eventlog.log import Found, Log
from eventlog.meta import Pending, Written
from eventlog.refusals import ClaimTaken, CommandReused, LogClosed, StaleVersion
from eventlog.testing import meta
from events import command_id
from events.placement import key_of, partition_of

from .model import PARTITIONS, Answer, Model, Row
from .world import DECIDERS, REGION, Rename, World, invoice

BOUNDED = settings(
    max_examples=14, stateful_step_count=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
REFUSALS = {StaleVersion: "stale", CommandReused: "reused", ClaimTaken: "claimed"}
NAMES = [f"Name {n}" for n in range(14)]

regions = st.sampled_from(["region-a", "region-b", "region-c", "region-d"])
renames = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple)
keys = st.integers(1, 3).map("c{}".format)
facts = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from([10, 10, 10, 99]), st.sampled_from([None, None, "O-1", "O-2"])),
    min_size=1, max_size=8,
)  # fmt: skip


def machine_on(world: World, happened: Counter[str]) -> type[RuleBasedStateMachine]:
    """The rules, on one world."""

    class Machine(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            world.begin()
            self.model = Model()
            self.keys = 0

        @rule(region=regions, names=renames, behind=st.sampled_from([None, 0, 1, -1]))
        def append(self, region: str, names: tuple[str, ...], behind: int | None) -> None:
            """A new command, with the version that its caller read: none, the right one, an older, a newer one."""
            self.keys += 1
            version = len(self.model.names(f"{region}/region"))
            self._handle(region, names, f"new {self.keys}", None if behind is None else max(version - behind, 0))

        @rule(region=regions, names=renames, key=keys)
        def append_under_a_key_of_few(self, region: str, names: tuple[str, ...], key: str) -> None:
            """Often a repeat: of the same content, of another, on another stream."""
            self._handle(region, names, key, None)

        @precondition(lambda self: any(entry.names for entry in self.model.all()))
        @rule(data=st.data(), other=st.booleans())
        def repeat(self, data: st.DataObject, other: bool) -> None:
            """An old command again, also with a version that is stale by now; or its id with other content."""
            entry = data.draw(st.sampled_from([each for each in self.model.all() if each.names]))
            key = self.keys_of[entry.command]
            names = (*entry.names, "Elsewhere") if other else entry.names
            self._handle(key_of(entry.stream), names, key, 0)

        @rule(region=regions, names=renames)
        def append_twice_at_once(self, region: str, names: tuple[str, ...]) -> None:
            """Two processes get the same request at the same time."""
            self.keys += 1
            expected, again = (self._expected(region, names, f"new {self.keys}", None) for _ in range(2))
            other = Log(world.log.name, world.log.pool, partitions=PARTITIONS)
            both = [_asked(log, region, names, f"new {self.keys}", None) for log in (world.log, other)]
            answers = world.run(_gathered(*both))
            assert sorted(answers) == sorted([expected, again])

        @rule(rows=facts)
        def record(self, rows: list[tuple[int, int, str | None]]) -> None:
            """A call of facts, with duplicates, contradictions and claims, all of one dealer."""
            self._record("d1", rows)

        @rule(rows=facts)
        def record_for_another_dealer(self, rows: list[tuple[int, int, str | None]]) -> None:
            """Often in another partition; the orders are the same, the numbers the other dealer's own."""
            self._record("d2", [(number + 100, amount, claim) for number, amount, claim in rows])

        @rule(region=regions)
        def lose_the_connection_before_the_commit(self, region: str) -> None:
            """The server ends a transaction that has inserted: nothing was written."""
            version = len(self.model.names(f"{region}/region"))
            world.run(world.append_and_lose(_pending(f"{region}/region", version), partition_of(region, PARTITIONS)))
            happened["cut off"] += 1

        @rule(region=regions, names=renames)
        def die_in_an_append(self, region: str, names: tuple[str, ...]) -> None:
            """The process dies with a command under way; the client asks the next one, and is answered as if once."""
            self.keys += 1
            asked = _asked(world.log, region, names, f"new {self.keys}", None)
            world.run(world.die_in(asked, partition_of(region, PARTITIONS)))
            happened["crashed"] += 1
            expected = self._expected(region, names, f"new {self.keys}", None)
            answer = world.run(_asked(world.log, region, names, f"new {self.keys}", None))
            why = "repeated" if expected.why == "written" else expected.why
            assert answer == expected._replace(why=why)

        @rule()
        def forget_the_heads(self) -> None:
            """A cache is lost, or made by other code."""
            world.run(world.owner.execute("delete from log.head where stream < 'region-c'"))
            world.run(world.owner.execute("update log.head set fold = '\\x00'"))

        @rule(rounds=st.integers(1, 3))
        def publish(self, rounds: int) -> None:
            """A publisher comes, sends a little, and goes."""
            world.run(world.publish(rounds))
            marks = dict(world.run(world.owner.fetch("select partition, sequence from log.mark")))
            for partition, entries in self.model.entries.items():
                ends = [self.model.last_sequence(partition, entry) for entry in entries]
                published = sum(end <= marks.get(partition, 0) for end in ends)
                assert published >= self.model.published[partition]
                assert marks.get(partition, 0) in (0, *ends), "a part of a command was sent"
                happened["published"] += published - self.model.published[partition]
                self.model.published[partition] = published

        @precondition(lambda self: any(self.model.published.values()))
        @rule()
        def lose_the_database_and_restore(self) -> None:
            """What was published comes back, with ids, claims and versions; the rest is the counted loss of law 1."""
            self._fall_back(dict.fromkeys(range(PARTITIONS), 0), empty=True)

        @precondition(lambda self: self.model.all())
        @rule(data=st.data())
        def fall_back_to_a_copy_and_adopt(self, data: st.DataObject) -> None:
            """A replica that lags is promoted, or a copy is restored: it writes nothing until it has adopted."""
            kept = {
                partition: data.draw(st.integers(0, len(entries))) for partition, entries in self.model.entries.items()
            }
            self._fall_back(kept, empty=False)

        @invariant()
        def the_log_is_what_the_model_is(self) -> None:
            for partition, entries in self.model.entries.items():
                rows = world.run(world.log.read(partition, 0, 10_000))
                assert [(row.command, row.stream, row.n, row.m, row.lineage) for row in rows] == [
                    (entry.command, entry.stream, n, entry.events, entry.lineage)
                    for entry in entries
                    for n in range(1, entry.events + 1)
                ]
                assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
            claims = world.run(world.owner.fetch("select key, stream from log.claim"))
            assert {row["key"]: row["stream"] for row in claims} == self.model.claims()

        @invariant()
        def what_is_folded_is_what_the_model_is(self) -> None:
            for region in ("region-a", "region-b", "region-c", "region-d"):
                state, version = world.run(world.log.state(REGION, region))
                names = self.model.names(f"{region}/region")
                assert (version, state.names, state.name) == (len(names), len(names), names[-1] if names else "")

        def teardown(self) -> None:
            if hasattr(self, "model"):
                assert world.run(audit(world.urls.owner, DECIDERS)).problems == []

        @property
        def keys_of(self) -> dict[UUID, str]:
            used = [f"new {n}" for n in range(1, self.keys + 1)] + [f"c{n}" for n in range(1, 4)]
            return {command_id("test", key): key for key in used}

        def _expected(self, region: str, names: tuple[str, ...], key: str, expected: int | None) -> Answer:
            what = meta(key, names)
            partition = partition_of(region, PARTITIONS)
            answer = self.model.handle(
                partition, f"{region}/region", names, what.command_id, what.request_hash, expected
            )
            happened[answer.why] += 1
            return answer

        def _handle(self, region: str, names: tuple[str, ...], key: str, expected: int | None) -> None:
            wanted = self._expected(region, names, key, expected)
            assert world.run(_asked(world.log, region, names, key, expected)) == wanted

        def _record(self, dealer: str, rows: list[tuple[int, int, str | None]]) -> None:
            made = [invoice(dealer, str(number), amount, claim) for number, amount, claim in rows]
            wanted = self.model.record(
                partition_of(dealer, PARTITIONS),
                [Row(each.command, each.stream, each.request_hash, each.claim) for each in made],
            )
            verdicts = world.run(world.log.record(made))
            assert [(each.kind, each.position.sequence if each.position else 0) for each in verdicts] == wanted
            happened.update(kind for kind, _ in wanted)

        def _fall_back(self, kept: dict[int, int], *, empty: bool) -> None:
            sequences = {p: sum(each.events for each in self.model.entries[p][:many]) for p, many in kept.items()}
            world.run(world.lose(None if empty else sequences))
            with pytest.raises(LogClosed):
                world.run(world.log.handle(REGION, "region-a", Rename(("Nowhere",)), meta()))
            happened["restored" if empty else "adopted"] += 1
            joined = world.run(world.join(empty=empty))
            assert joined.lineage == self.model.fall_back(kept)

    return Machine


async def _asked(log: Log, region: str, names: tuple[str, ...], key: str, expected: int | None) -> Answer:
    """What the log answers, in the model's terms."""
    try:
        written: Written = await log.handle(REGION, region, Rename(names), meta(key, names), expected)
    except tuple(REFUSALS) as error:
        return Answer(REFUSALS[type(error)])
    if not written.events:
        return Answer("unchanged", written.version, name=written.state.name)
    assert written.position is not None
    why = "repeated" if written.repeated else "written"
    return Answer(why, written.version, written.position.sequence, written.position.lineage, written.state.name)


async def _gathered(*asked: object) -> list[Answer]:
    return list(await asyncio.gather(*asked))


def _pending(stream: str, version: int) -> Pending:
    what, id_ = meta(), uuid4()
    return Pending(stream, version, what.command_id, what.request_hash, (id_,), (b"{}",), (), (), bytes(16), b"{}")


class WithoutLookUp(Log):
    """A log that asks nobody whether it knows a command."""

    async def _find(self, decider: Any, stream: str, command: UUID) -> Found:
        return (await super()._find(decider, stream, command))._replace(known=None)


@pytest.fixture
def drive(stack: Any, topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`drive(bounds, log)`: run the machine; answers how often what happened."""
    monkeypatch.setattr(publisher, "ROWS", 4)
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:

        def run(bounds: settings, log: type[Log] = Log, broken: str = "") -> Counter[str]:
            world, happened = World(runner, stack, topic_prefix, log), Counter[str]()
            try:
                if broken:
                    world.run(world.owner.execute(broken))
                run_state_machine_as_test(machine_on(world, happened), settings=bounds)
            finally:
                world.run(world.end())
            return happened

        yield run


@pytest.mark.slow
def test_the_log_does_what_its_model_does(drive):
    happened = drive(BOUNDED)
    print(dict(happened))
    wanted = {"written", "repeated", "reused", "stale", "claimed", "accepted", "duplicate", "conflict"}
    assert {"cut off", "crashed", "published", "restored", "adopted", *wanted} <= set(happened)


@pytest.mark.slow
def test_a_log_without_its_look_up_is_found_out(drive):
    """Law 1's machine can fail: what looks a command's id up is taken out, in Python and in SQL."""
    broken = """
    alter table log.event drop constraint event_command;
    do $$
    begin
        execute replace(pg_get_functiondef('log.append'::regproc), 'e.command = commands[i]', 'false');
    end
    $$
    """
    once = settings(BOUNDED, phases=[Phase.generate])
    with pytest.raises(AssertionError, match="Answer"):
        drive(once, WithoutLookUp, broken)
