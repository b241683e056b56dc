"""What an operator's commands say where they cannot do their work, and what they leave behind."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from dealerlog import readmodel
from dealerlog.addresses import Addresses, KafkaAddress
from dealerlog.client import OPERATOR
from dealerlog.commands import token as command
from dealerlog.databases import DatabaseUrls, databases_like
from dealerlog.fleet import MEMBERS, Fleet
from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.readmodel import ReadModel
from dealerlog.rederiving import LEFT_SECONDS, left_behind
from dealerlog.testing import MakeDatabase
from eventlog import generations, loading
from eventlog.generations import Built
from eventlog.loading import Lost, Stalled
from eventlog.plan import Plan
from eventlog.rebuild import Busy, Rebuilt
from eventlog.slice import Forked
from eventlog.workers import WorkerFailed, Workers, declared

NOW = 0x65F0A1B2


class Pool:
    """Gives a connection that nobody uses."""

    @asynccontextmanager
    async def acquire(self) -> Any:
        yield None


@pytest.fixture
def inside() -> ReadModel:
    member = MEMBERS["reporting"]
    urls = {member.name: DatabaseUrls("reporting", owner="", app="", reader="")}
    fleet = Fleet(kafka=KafkaAddress("127.0.0.1:1"), databases=urls, ports={}, secret="s" * 64, folder=Path("imports"))
    return ReadModel(fleet, member, Pool(), Plan(member.declaration.tables))


@pytest.mark.parametrize("error", [Busy, Forked, Lost, Stalled, WorkerFailed])
async def test_a_rebuild_that_cannot_be_done_is_one_line(
    inside: ReadModel, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(_: object) -> Rebuilt:
        raise error("it ends too soon")

    monkeypatch.setattr(readmodel.Rebuild, "run", run)
    with pytest.raises(Problem, match=r"^reporting: it ends too soon$"):
        await inside.rebuild(lambda progress: None)


@pytest.mark.parametrize(("keep", "gone"), [(False, [1, 2, 3]), (True, [])])
async def test_old_tables_go_unless_they_are_kept(
    inside: ReadModel, keep: bool, gone: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[int] = []

    async def run(_: object) -> Rebuilt:
        return Rebuilt(4, 0, 0.0, [], [], [], [])

    async def built(_: object) -> list[Built]:
        states = {1: "live", 2: "refused", 3: "live", 4: "live", 5: "filling"}  # 5: another rebuild began meanwhile
        return [Built(number, state, {}, number == 4) for number, state in states.items()]

    async def drop(_: object, generation: int) -> None:
        dropped.append(generation)

    monkeypatch.setattr(readmodel.Rebuild, "run", run)
    monkeypatch.setattr(generations, "built", built)
    monkeypatch.setattr(generations, "drop", drop)
    await inside.rebuild(lambda progress: None, keep=keep)
    assert dropped == gone


async def test_a_rebuild_by_several_processes_names_the_services_own_tables(
    inside: ReadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[object] = []

    async def run(rebuild: readmodel.Rebuild) -> Rebuilt:
        loads.append(rebuild._load)
        return Rebuilt(4, 0, 0.0, [], [], [], [])

    monkeypatch.setattr(readmodel.Rebuild, "run", run)
    monkeypatch.setattr(generations, "built", lambda _: _nothing())
    for processes in (1, 2):
        await inside.rebuild(lambda progress: None, processes=processes)
    one, two = loads
    assert one is loading.load and isinstance(two, Workers)
    assert {each.name for each in declared(two._tables)} == {each.name for each in inside.member.declaration.tables}


async def _nothing() -> list[Built]:
    return []


async def test_a_rebuild_over_tls_is_refused_to_several_processes(
    inside: ReadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KafkaAddress, "client_options", lambda self: {"ssl_context": object()})
    with pytest.raises(Problem, match="rebuild with one"):
        await inside.rebuild(lambda progress: None, processes=2)


def test_only_a_database_that_was_left_behind_for_a_day_is_dropped() -> None:
    old, young = f"rederived_{NOW - LEFT_SECONDS - 1:08x}ab12_tiering", f"rederived_{NOW - 60:08x}ab12_tiering"
    others = ["tiering", "rederived_by_hand", f"other_{old}"]
    assert left_behind([old, young, *others], "rederived_", NOW) == [old]


async def test_databases_are_found_by_how_their_names_begin(stack: Addresses, database: MakeDatabase) -> None:
    urls = await database()
    assert await databases_like(stack.admin_url, urls.name[:-1]) == [urls.name]
    assert await databases_like(stack.admin_url, urls.name.replace("_", "%")) == []


@pytest.mark.parametrize(("status", "warns"), [(404, True), (200, False), (503, False)])
def test_a_code_that_the_registry_does_not_know_is_said(
    installation: Installation, status: int, warns: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.prepare()
    asked: list[str] = []

    def get(url: str, **_: object) -> httpx.Response:
        asked.append(url.partition(str(installation.ports()["customer-registry"]))[2])
        return httpx.Response(status)

    monkeypatch.setattr(httpx, "get", get)
    said = command.unknown_place(installation, {"ROLE": "branch_manager", "BRANCH": "SHH"})
    assert asked == ["/branches/SHH"]
    assert (said or "").startswith("there is no branch 'SHH'") is warns
    assert command.unknown_place(installation, {"ROLE": OPERATOR.role}) is None


def test_where_the_registry_does_not_answer_nothing_is_said(installation: Installation) -> None:
    installation.prepare()
    assert command.unknown_place(installation, {"ROLE": "branch_manager", "BRANCH": "SHH"}) is None
