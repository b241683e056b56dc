"""Other terms of payment for a dealer of the sample network, which its credit limit follows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from dealerlog.client import Api, require
from dealerlog.problem import Problem
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.network import SEED
from dealerlog.sample.organisation import Person
from dealerlog.sample.step import CREDIT, REGISTRY

LONGER_DAYS = 15
WAIT_SECONDS, POLL_SECONDS = 60.0, 0.1


async def change_terms(api: Api, some: Sequence[Dealer], ids: Mapping[str, str], head: Person) -> tuple[str, int]:
    """Give the first of these dealers that has a limit a longer term: what became of it in one line, how many have one.

    Again, it finds the terms that it gave.
    """
    for dealer in some:
        path = f"/dealers/{ids[dealer.number]}"
        limit = await api.ask(CREDIT, "GET", f"{path}/limit", head)
        if limit.status_code == 200:
            break
    else:
        return "no dealer has a limit", 0
    terms = {"method": dealer.terms.method, "term_days": dealer.terms.term_days + LONGER_DAYS}
    said = f"{dealer.name}: {terms['term_days']} days"
    read = await api.ask(REGISTRY, "GET", path, head)
    if require(read).json()["term_days"] == terms["term_days"]:
        return f"{said}, since before", 1
    before = require(limit).json()["limit"]
    body = {"terms": terms, "reason": "Pays as agreed; asks for the term that its other suppliers give."}
    key = f"sample-{SEED}-terms"
    api.saw(await api.post(REGISTRY, f"{path}/terms", head, body, key=key, **{"If-Match": read.headers["etag"]}))
    deadline = time.monotonic() + WAIT_SECONDS
    while not (now := await api.get(CREDIT, f"{path}/limit", head))["causes"]:
        if time.monotonic() > deadline:
            raise Problem(f"{CREDIT} did not compute the limit anew within {WAIT_SECONDS:.0f} s; see its log")
        await asyncio.sleep(POLL_SECONDS)
    return f"{said}, its limit {before} → {now['limit']}", 1
