"""Laws 2 and 4 against a history in git: every table and every decision comes out as it did, wherever it is replayed.

`digest.txt` holds a line for each; `make golden` takes it anew, and its diff says what a change of code changed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import golden_log
import golden_replay
import pytest
from golden_replay import Environment, one_digest

from credit_rating import rederive
from credit_rating.domain import order
from events import EVENT_TYPES
from tiering import rederive as tiering_rederive

REPLAY = Path(golden_replay.__file__)
AT_ONCE = 2


class Place(NamedTuple):
    """What differs from one replay to the next."""

    hash_seed: str
    time_zone: str
    locale: str
    start: int
    workers: int


PLACES = [
    Place("0", "UTC", "C", 0, 1),
    Place("1", "Asia/Shanghai", "C.UTF-8", 1, 4),
    Place("2", "America/St_Johns", "POSIX", 2, 1),
    Place("4711", "Pacific/Kiritimati", "tr_TR.UTF-8", 3, 4),
    Place("31337", "Asia/Kathmandu", "zh_CN.UTF-8", 4, 4),
    Place("65535", "Pacific/Marquesas", "de_DE.UTF-8", 5, 1),
    Place("1000000", "Africa/Casablanca", "C.UTF-8", 6, 4),
    Place("4294967295", "Antarctica/Troll", "C", 7, 4),
]
CHANGED = "make golden takes the digest anew, if the change is meant"


def recorded() -> list[str]:
    return golden_log.DIGEST.read_text("utf-8").splitlines()


def test_the_recorded_logs_hold_every_type_and_version_and_every_kind_of_decision():
    documents = [json.loads(each.document) for each in golden_log.read("every_type")]
    there = {(each["type"], each["schemaversion"]) for each in documents}
    wanted = {(each.name, version) for each in EVENT_TYPES.values() for version in range(1, each.version + 1)}
    assert wanted <= there, f"{sorted(wanted - there)} is new: make golden LOGS=1"
    decided = Counter(json.loads(each.document)["type"] for each in golden_log.read("decisions"))
    kinds = (
        "CreditGradeAssigned",
        "CreditLimitSet",
        "AbcClassAssigned",
        "OrderHeld",
        "OrderReleased",
        "OrderCheckedWithGroup",
        "CreditLimitRecomputed",
    )
    assert all(decided[kind] for kind in kinds), decided


def test_the_digest_in_git_is_of_its_lines_and_every_decision_is_as_it_was_recorded():
    *lines, last = recorded()
    assert last == f"digest {one_digest(lines)}"
    decisions = [line for line in lines if line.startswith("decision ")]
    assert len(decisions) > 50 and all(": as recorded " in line for line in decisions)


@pytest.mark.slow
async def test_a_replay_anywhere_comes_to_the_digest_in_git(database):
    room = asyncio.Semaphore(AT_ONCE)

    async def replay(place: Place) -> list[str]:
        urls = await database("golden")
        there = Environment(urls.owner, urls.app, place.start, place.workers, place.time_zone)
        env = os.environ | {
            "PYTHONHASHSEED": place.hash_seed, "TZ": place.time_zone, "LC_ALL": place.locale, "LANG": place.locale,
        }  # fmt: skip
        async with room:
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(REPLAY), json.dumps(there._asdict()), env=env, stdout=asyncio.subprocess.PIPE
            )
            out, _ = await process.communicate()
        assert process.returncode == 0, place
        return out.decode().splitlines()

    replays = await asyncio.gather(*map(replay, PLACES))
    *lines, digest = recorded()
    for place, replayed in zip(PLACES, replays, strict=True):
        assert differing(lines, replayed) == [], (place, CHANGED)
        assert f"digest {one_digest(replayed)}" == digest


def differing(one: list[str], other: list[str]) -> list[str]:
    """Lines of one and not of the other."""
    return sorted(set(one) ^ set(other))


def a_limit_one_yuan_higher(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule of the limit."""
    rate = rederive.rate

    def higher(*arguments: Any, **named: Any) -> Any:
        rated = rate(*arguments, **named)
        if not hasattr(rated, "limit"):
            return rated
        return rated._replace(limit=rated.limit.model_copy(update={"limit": rated.limit.limit + Decimal(1)}))

    monkeypatch.setattr(rederive, "rate", higher)


def an_overdue_dealer_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason to hold an order."""
    hold_reasons = order.hold_reasons

    def lenient(*arguments: Any) -> Any:
        return [reason for reason in hold_reasons(*arguments) if reason.code != "overdue"]

    monkeypatch.setattr(order, "hold_reasons", lenient)


def class_a_ends_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    """A constant of the policy of classes."""
    classify = tiering_rederive.classify

    def later(*arguments: Any, cuts: Any, **named: Any) -> Any:
        return classify(*arguments, cuts=type(cuts)(cuts.a - 30, cuts.b), **named)

    monkeypatch.setattr(tiering_rederive, "classify", later)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "service", "what"),
    [
        (a_limit_one_yuan_higher, "credit-rating", ""),
        (an_overdue_dealer_is_served, "credit-rating", "order "),
        (class_a_ends_earlier, "tiering", ""),
    ],
)
async def test_a_changed_rule_changes_the_digest(
    database: Callable[..., Awaitable[Any]],
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[pytest.MonkeyPatch], None],
    service: str,
    what: str,
) -> None:
    urls = await database("golden")
    change(monkeypatch)
    lines = [line for line in recorded() if line.startswith("decision ")]
    changed = differing(lines, await golden_replay.decisions(Environment(urls.owner, urls.app)))
    assert any(" OTHERWISE " in line for line in changed)
    assert all(line.startswith(f"decision {service} {what}") for line in changed)
