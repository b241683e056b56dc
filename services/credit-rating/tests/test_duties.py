"""What the service does by itself: one dealer, run or duty that fails keeps none of the others from its turn."""

from __future__ import annotations

import asyncio
from datetime import date
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from credit_rating import collecting, duties, rating_worker, statement_worker, watching
from credit_rating.duties import Duty, Later, loop_of, said_of
from credit_rating.slices import SomeWait
from credit_rating.snapshot import company_snapshot
from credit_rating.statement_worker import issue_all
from service.health import Health, Heart


class Stop(asyncio.Event):
    """Set after so many turns."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.left = turns

    async def wait(self) -> Any:
        self.left -= 1
        if self.left == 0:
            self.set()
        return True


async def turns(duty: Duty, count: int) -> Health:
    runtime: Any = SimpleNamespace(health=Health())
    await loop_of(duty, runtime).run(Heart(duty.name, 1.0), Stop(count))
    health: Health = runtime.health
    return health


async def test_a_duty_is_done_once_a_mark_and_again_when_the_mark_changes() -> None:
    marks, done = iter("aabb"), []

    async def mark() -> object:
        return next(marks)

    async def do() -> None:
        done.append(True)

    health = await turns(Duty(name="watch", mark=mark, do=do), 4)
    assert len(done) == 2 and health.noticed() == {}


async def test_a_duty_that_fails_is_named_by_its_error_s_kind_and_tried_again_until_it_passes() -> None:
    now, tried = 0.0, []
    later = Later(clock=lambda: now)

    async def mark() -> object:
        return "today"

    async def do() -> None:
        tried.append(now)
        if len(tried) < 3:
            raise ValueError("Dealer Zhang owes 500")

    duty = Duty(name="watch", mark=mark, do=do, later=later)
    assert (await turns(duty, 3)).noticed() == {"watch": "ValueError"} and tried == [0.0]
    now = 0.5
    await turns(duty, 3)
    now = 1.4
    await turns(duty, 3)
    assert tried == [0.0, 0.5], "twice the pause after the second failure"
    now = 1.5
    assert (await turns(duty, 3)).noticed() == {} and tried == [0.0, 0.5, 1.5]


def test_pauses_double_and_end_at_four_minutes() -> None:
    now = 0.0
    later = Later(clock=lambda: now)
    pauses = []
    for _ in range(12):
        later.failed("run", ValueError())
        pauses.append(next(n for n in range(1, 2_000) if not _waits_after(later, n / 4)) / 4)
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0] and pauses[-1] == duties.MOST_SECONDS
    later.only([])
    assert said_of(later) is None


def _waits_after(later: Later, seconds: float) -> bool:
    return later._waiting["run"][0] > seconds


async def test_a_run_that_waits_keeps_no_other_duty_and_no_other_run_from_its_turn(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, territory in (("9700", "T1"), ("9701", "T8")):
        dealer = await world.dealer(number, territory=territory)
        await world.trade(dealer, number, months=13)
    stuck = (await world.post("/rating-runs", {"region": "R1"}, "regional_director", region="R1")).json()["run"]
    free = (await world.post("/rating-runs", {"region": "R4"}, "regional_director", region="R4")).json()["run"]
    await world.follow()
    carry_on, had, every = rating_worker.carry_on, set[str](), asyncio.Event()

    async def carried(log: Any, run: Any) -> None:
        if str(run.id) == stuck:
            raise ValueError("what Zhang owes")
        await carry_on(log, run)

    def looks(name: str) -> Any:
        async def look(*_: Any) -> int:
            had.add(name)
            if len(had) == len(LOOKS):
                every.set()
            return 0

        return look

    monkeypatch.setattr(rating_worker, "carry_on", carried)
    for module, name in LOOKS:
        monkeypatch.setattr(module, name, looks(f"{module.__name__}.{name}"))
    stopping, loops = asyncio.Event(), rating_worker.loops(world.runtime)
    running = [asyncio.create_task(each.run(Heart(each.name, 1.0), stopping)) for each in loops]
    async with asyncio.timeout(20):
        await every.wait()
        while "rating" not in world.runtime.health.noticed() or await unfinished(world) != [stuck]:
            await asyncio.sleep(0.01)
    stopping.set()
    await asyncio.gather(*running)
    assert world.runtime.health.noticed() == {"rating": "ValueError"}
    assert (await world.get(f"/rating-runs/{free}")).json()["state"] == "completed"
    monkeypatch.undo()
    assert await rating_worker.carry_on_unfinished(world.log) == 1
    await world.follow()


LOOKS: list[tuple[Any, str]] = [
    (watching, "look_at_all"), (collecting, "decide_promises"), (collecting, "remind"),
    (statement_worker, "issue_all"), (rating_worker, "recompute_all"),
]  # fmt: skip


async def unfinished(world: Any) -> list[str]:
    """The runs that are not complete, once all is shown."""
    await world.follow()
    async with company_snapshot(world.pool) as conn:
        return [str(row["run"]) for row in await conn.fetch(rating_worker.UNFINISHED)]


async def test_a_dealer_whose_stream_this_code_cannot_read_keeps_nobody_else_from_a_statement(
    world: Any, rows: Any
) -> None:
    numbers = [f"98{n}0" for n in range(5)]
    dealers = [await world.dealer(number) for number in numbers]
    await world.bulk([rows.invoice(number, f"PS-{number}", "10.00", date(2026, 4, 5)) for number in numbers])
    first = min(dealers)
    said = await world.post(f"/dealers/{first}/statements", {"month": "2026-04"}, "credit_controller")
    assert said.status_code == 201
    await world.follow()
    await of_a_newer_release(world, f"{first}/statements")
    for least in (4, 0):
        with pytest.raises(SomeWait) as waiting:
            await issue_all(world.log, date(2026, 6, 1), "CNY")
        assert list(waiting.value.failed) == [first] and waiting.value.done >= least
        await world.follow()
    for dealer in sorted(dealers)[1:]:
        (stated,) = (await world.get(f"/dealers/{dealer}/statements")).json()["items"]
        assert stated["last_day"] == "2026-05-31"


async def of_a_newer_release(world: Any, stream: str) -> None:
    """Let a stream hold a type of event that this code does not know."""
    owner = await asyncpg.connect(world.urls.owner)
    await owner.execute("alter table log.event disable trigger all")
    document = await owner.fetchval("select document from log.event where stream = $1", stream)
    newer = document.replace(b"StatementIssued", b"StatementIssuex")
    await owner.execute("update log.event set document = $2 where stream = $1", stream, newer)
    await owner.execute("delete from log.head where stream = $1", stream)
    await owner.close()
