"""A few credit reviews of the sample network, left at each step in turn: what the inbox shows is there to try out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dealerlog.client import Api
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.network import SEED
from dealerlog.sample.organisation import Person
from dealerlog.sample.step import CREDIT

EVERY = 40
"""One of so many dealers is reviewed before its time."""
WHY = {"reason": "Asks for a higher limit before the season."}
LAST_STEPS = ("approval", "audit", "proposal", "return")


async def review(
    api: Api, some: Sequence[Dealer], ids: Mapping[str, str], directors: Mapping[str, Person]
) -> list[str]:
    """Open a review of each that can be graded and take it to its step; where each stands: none is approved.

    Parameters
    ----------
    ids : the ERP's number → the dealer's id
    directors : region → its marketing director
    """
    stages = []
    for n, dealer in enumerate(some):
        branch, path = dealer.branch, f"/dealers/{ids[dealer.number]}/credit-review"
        if (await api.get(CREDIT, path, branch.manager))["cannot_be_graded"]:
            continue
        stages.append(await _step(api, path, "", branch.manager, WHY))
        last = LAST_STEPS[n % len(LAST_STEPS)]
        steps: list[tuple[str, Person, dict[str, Any]]] = [
            ("proposal", branch.manager, {"opinion": "Pays as agreed, sells more than last year."}),
            ("audit", branch.general_manager, {"opinion": "Agreed."}),
            ("approval", directors[branch.region], {}),
        ]
        if last == "return":
            steps[1:] = [("return", branch.general_manager, {"reason": "Visit the dealer first; the survey is old."})]
        for step, who, said in steps[: [name for name, *_ in steps].index(last) + 1]:
            stages[-1] = await _step(api, path, step, who, said)
    return stages


async def _step(api: Api, path: str, step: str, who: Person, said: Mapping[str, Any]) -> str:
    """One step, under the version that is there now; where the review then stands."""
    place = f"{path}/{step}" if step else path
    key = f"sample-{SEED}-{place}"
    answer = await api.change(CREDIT, place, who, dict(said), key=key, shown=path)
    return str(answer.json()["stage"])
