"""An owner group of the sample network: a few dealers of one owner, whose orders are checked against one limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from dealerlog.client import Api
from dealerlog.problem import Problem
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.network import SEED
from dealerlog.sample.organisation import Person
from dealerlog.sample.step import CREDIT, REGISTRY

CODE, NAME = "LH", "联华控股"
MEMBERS = 3
WHY = "One owner by the business licences, one guarantee."
WAIT_SECONDS, POLL_SECONDS = 60.0, 0.1


async def group(api: Api, some: Sequence[Dealer], ids: Mapping[str, str], head: Person) -> str:
    """Let the first of these dealers join one owner group and set its limit; in one line, what it is."""
    members = some[:MEMBERS]
    key = f"sample-{SEED}-group-{CODE}"
    api.saw(await api.post(REGISTRY, "/groups", head, {"code": CODE, "name": NAME}, key=key))
    for dealer in members:
        read = await api.ask(REGISTRY, "GET", f"/dealers/{ids[dealer.number]}", head)
        path = f"/dealers/{ids[dealer.number]}/group"
        etag = {"If-Match": read.headers["etag"]}
        body = {"group": CODE, "reason": WHY}
        api.saw(await api.post(REGISTRY, path, head, body, key=f"{key}-{dealer.number}", **etag))
    limit = {"limit": f"{2 * sum(dealer.forecast for dealer in members)}.00", "reason": WHY}
    api.saw(await api.post(CREDIT, f"/groups/{CODE}/limit", head, limit, key=f"{key}-limit"))
    await _joined(api, len(members), head)
    return f"{NAME}: {len(members)} dealers share a limit of {limit['limit']}"


async def _joined(api: Api, members: int, head: Person) -> None:
    """Wait until the orders of so many dealers are checked with the group."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (await api.get(CREDIT, f"/groups/{CODE}", head))["members"] < members:
        if time.monotonic() > deadline:
            raise Problem(f"{CREDIT} does not know the dealers of {CODE} after {WAIT_SECONDS:.0f} s; see its log")
        await asyncio.sleep(POLL_SECONDS)
