"""Law 4 for who trusts no table: every decision again from the topics alone, each at exactly the cut of its run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from credit_rating import rating_run
from credit_rating.app import SERVICE
from credit_rating.collecting import decide_promises
from credit_rating.recomputing import recompute_all
from credit_rating.rederive import TABLES, Rederived, rederive_all, rederive_log
from credit_rating.snapshot import company_snapshot, positions
from credit_rating.statement_worker import issue_all
from eventlog.database import connect_pool
from eventlog.from_topics import FromTopics
from eventlog.histories import publish_apart
from eventlog.restore import CannotRestore
from service.migrations import migrate

SOURCES = ("credit-rating", "customer-registry", "tiering")
BEYOND = "select count(*) from ledger_entry where sequence > 2 or partition <> $1"
Rederive = Callable[[Iterable[Any]], Awaitable[list[Rederived]]]


@pytest.fixture
async def restored(stack: Any, database: Callable[..., Awaitable[Any]]) -> Any:
    """`await restored(records)`: published to topics of their own, and their log restored elsewhere."""
    async with AsyncExitStack() as opened:

        async def again(records: Iterable[Any]) -> FromTopics:
            urls = await database("audit")
            migrate(urls.owner)
            topics = await publish_apart(stack, f"{urls.name}.", SOURCES, records)
            pool = await connect_pool(urls.app, bounded=False)
            opened.push_async_callback(pool.close)
            made = FromTopics("credit-rating", TABLES, pool, kafka=stack.kafka.client_options(), topics=topics)
            await made.restore(urls.owner, SERVICE.deciders)
            return made

        yield again


@pytest.fixture
def from_topics(restored: Any) -> Rederive:
    """`await from_topics(records)`: the same, and every decision taken again."""

    async def again(records: Iterable[Any]) -> list[Rederived]:
        made = await restored(records)
        return [each async for each in rederive_log(made.log, made.bring_to)]

    return again


async def test_the_tables_hold_exactly_what_lies_within_a_cut_also_one_further_back(world: Any, restored: Any) -> None:
    await world.trade(await world.dealer("7000", territory="T9", survey=None), "7000", months=3)
    made = await restored(world.told)
    ends = {"credit-rating": await made.log.last()}
    last = max(ends["credit-rating"], key=lambda partition: ends["credit-rating"][partition])
    back = {"credit-rating": {last: 2}}
    for cut in (back, ends, back, {}):
        await made.bring_to(cut)
        async with company_snapshot(made.log.pool) as conn:
            assert await positions(conn) == {
                source: {p: cut.get(source, {}).get(p, 0) for p in range(12)} for source in SOURCES
            }
            beyond = await conn.fetchval(BEYOND, last)
        assert (beyond > 0) == (cut is ends)


async def test_every_decision_and_the_end_of_every_run_come_out_again(
    world: Any, rows: Any, from_topics: Rederive
) -> None:
    traded, silent = await world.dealer("7001"), await world.dealer("7002", survey=None)
    await world.trade(traded, "7001", months=14)
    await world.sell(traded, "70.00", "T1")
    await world.sell(traded, "40.00", "T2")
    first = await world.rate()
    assert await recompute_all(world.log, date(2026, 7, 1)) == 1
    await world.follow()
    await world.bulk([rows.invoice("7001", "late", "900000.00", rows.today)])
    second = await world.rate()
    done = await from_topics(world.told)
    assert [each for each in done if not each.equal and str(each.run) in (first, second)] == []
    assert sum(str(each.run) == first for each in done) == 4, "two dealers, a limit computed anew, the end"
    for run in (first, second):
        assert {str(each.dealer) for each in done if str(each.run) == run} == {traded, silent, "None"}


async def test_a_grade_that_rests_on_a_row_that_somebody_changed_is_noticed(world: Any, from_topics: Rederive) -> None:
    dealer = await world.dealer("7100", territory="T9")
    await world.trade(dealer, "7100", months=14)
    change = "update g1.ledger_entry set amount = $1 where kind = 'invoice' and number = '7100-13' returning number"
    assert await world.pool.fetch(change, 600_000)
    try:
        run = await world.rate("R2")
        live = [each async for each in rederive_all(world.log) if str(each.run) == run]
        assert [each.equal for each in live] == [True], "the tables alone cannot know"
        (wrong,) = [each for each in await from_topics(world.told) if not each.equal]
        assert (str(wrong.dealer), str(wrong.run)) == (dealer, run)
        assert "limit.m3" in {each.path for each in wrong.differences}
    finally:
        await world.pool.execute(change, 60_000)


async def test_a_dealer_that_a_run_passed_over_is_noticed(
    world: Any, from_topics: Rederive, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated, passed_over = [await world.dealer(number, territory="T8") for number in ("7300", "7301")]

    async def all_but_one(*_: Any) -> list[UUID]:
        return [UUID(rated)]

    monkeypatch.setattr(rating_run, "dealers_of", all_but_one)
    run = await world.rate("R4")
    (end,) = [each for each in await from_topics(world.told) if not each.equal and str(each.run) == run]
    assert end.dealer is None and [each.path for each in end.differences] == ["dealers"]
    assert set(end.differences[0].derived) - set(end.differences[0].recorded) == {passed_over}


async def test_one_forged_decision_is_noticed_and_so_is_one_taken_away(world: Any, from_topics: Rederive) -> None:
    dealer = await world.dealer("7200", territory="T7")
    await world.trade(dealer, "7200", months=14)
    run = await world.rate("R3")

    def forged(record: Any) -> Any:
        document = json.loads(record.value)
        if document["type"] != "CreditLimitSet" or document["data"]["run"] != run:
            return record
        document["data"]["limit"] = "99000.00"
        said = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return dataclasses.replace(record, value=said)

    found = [each for each in await from_topics(map(forged, world.told)) if not each.equal and str(each.run) == run]
    assert {str(each.dealer): {d.path for d in each.differences} for each in found} == {
        dealer: {"limit.limit"}, "None": {"completed.digest"},
    }  # fmt: skip
    kept = [each for each in world.told if json.loads(each.value)["type"] != "RatingRunStarted"]
    with pytest.raises(CannotRestore, match="lacks what comes after"):
        await from_topics(kept)


FORGED = {"StatementIssued": ("closing_balance", "0.01"), "ReminderIssued": ("amount", "0.01"),
          "PromiseBroken": ("paid", "0.01")}  # fmt: skip


async def test_statements_reminders_and_decided_promises_come_out_again_and_a_forged_one_of_each_is_noticed(
    world: Any, rows: Any, from_topics: Rederive
) -> None:
    dealer = await world.dealer("7400")
    await world.bulk([rows.invoice("7400", "7400-A", "500.00", date(2026, 4, 1))])
    assert await issue_all(world.log, date(2026, 6, 1), "CNY") >= 1
    await world.follow()
    path, who = f"/dealers/{dealer}/collection", "credit_controller"
    for step, body in (
        ("reminders", {"to": "accounts"}),
        ("promises", {"amount": "100.00", "pay_by": "2026-06-30", "promised_by": "owner"}),
    ):
        etag = (await world.get(path)).headers["etag"]
        assert (await world.post(f"{path}/{step}", body, who, etag=etag)).status_code == 201
        await world.follow()
    assert await decide_promises(world.log, date(2026, 7, 20)) >= 1
    await world.follow()
    told = {json.loads(each.value)["type"] for each in world.told}
    assert FORGED.keys() <= told
    assert [each for each in await from_topics(world.told) if str(each.dealer) == dealer and not each.equal] == []

    def forged(record: Any) -> Any:
        document = json.loads(record.value)
        if document["type"] not in FORGED or document["subject"] != dealer:
            return record
        name, value = FORGED[document["type"]]
        assert document["data"][name] != value
        document["data"][name] = value
        said = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return dataclasses.replace(record, value=said)

    found = [e for e in await from_topics(map(forged, world.told)) if str(e.dealer) == dealer and not e.equal]
    assert {each.path for one in found for each in one.differences} == {
        "statement.closing_balance", "reminder.amount", "promise.paid",
    }  # fmt: skip
    assert len(found) == len(FORGED)
