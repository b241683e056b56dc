"""Statements of account of the sample network's last month: one a dealer, a few of them left at another stage."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from dealerlog.client import Api
from dealerlog.sample.calendar import LAST_DAY
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.network import SEED
from dealerlog.sample.organisation import Person
from dealerlog.sample.step import CREDIT

EVERY = 100
"""One of so many dealers answers its statement."""
AT_ONCE = 8
LAST_MONTH = LAST_DAY.replace(day=1) - timedelta(days=1)
SENT = {"how": "email", "to": "财务部"}
STAGES = ("confirmation", "difference", "sending")


async def state(api: Api, some: Sequence[Dealer], ids: Mapping[str, str], controller: Person) -> list[str]:
    """State the last month of each that traded by then: where each then stands.

    Parameters
    ----------
    ids : the ERP's number → the dealer's id
    """
    stages: list[str] = []
    for dealer in some:
        path = f"/dealers/{ids[dealer.number]}"
        if not await _traded(api, path, controller):
            continue
        issued = await _post(api, f"{path}/statements", controller, {"month": f"{LAST_MONTH:%Y-%m}"})
        last, theirs = STAGES[len(stages) % len(STAGES)], Decimal(issued["closing_balance"]) - 100
        said: list[tuple[str, dict[str, Any]]] = [
            ("sending", SENT),
            ("confirmation", {"confirmed_by": "财务部", "signed_copy": issued["digest"]}),
            ("difference", {"their_balance": f"{theirs:.2f}", "reason": "A payment of 100.00 is on its way."}),
        ]
        for step, body in said:
            if step in ("sending", last):
                stage = await _step(api, f"{path}/statements/{issued['statement']}/{step}", controller, body, path)
        stages.append(stage)
    return stages


async def state_the_rest(api: Api, rest: Sequence[Dealer], ids: Mapping[str, str], controller: Person) -> int:
    """State the last month of each that traded by then, so that the clock finds every dealer stated; how many."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(dealer: Dealer) -> bool:
        path = f"/dealers/{ids[dealer.number]}"
        async with turns:
            if not await _traded(api, path, controller):
                return False
            await _post(api, f"{path}/statements", controller, {"month": f"{LAST_MONTH:%Y-%m}"})
            return True

    return sum(await asyncio.gather(*(one(dealer) for dealer in rest)))


async def _traded(api: Api, path: str, who: Person) -> bool:
    """Whether the dealer's ledger holds anything by the end of the month that is stated."""
    return bool((await api.get(CREDIT, f"{path}/ledger", who, dated_to=LAST_MONTH, limit=1))["items"])


async def _post(api: Api, path: str, who: Person, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(CREDIT, path, who, body, key=f"sample-{SEED}-{path}")
    api.saw(answer)
    said: dict[str, Any] = answer.json()
    return said


async def _step(api: Api, path: str, who: Person, body: dict[str, Any], dealer: str) -> str:
    """One step, under the version that is there now."""
    key = f"sample-{SEED}-{path}"
    return str((await api.change(CREDIT, path, who, body, key=key, shown=f"{dealer}/statements")).json()["stage"])
