"""Due diligence of two dealers of the sample network: one form approved, one held by a paper; both are visited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dealerlog.client import Api
from dealerlog.sample.calendar import LAST_DAY
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.network import SEED
from dealerlog.sample.organisation import Person
from dealerlog.sample.step import CREDIT

FOUND = {
    "identity_and_standing": "The licence is valid, and the owner known in the town for years.",
    "character": "Keeps its word; two suppliers say the same of it.",
    "finances_and_stock": "Stock counted at the visit; no other lender.",
    "use_of_credit": "For the stock of the season, seen in its orders.",
    "ability_to_pay": "Turns its stock over in five weeks and collects in cash.",
    "papers_complete": "Licence, tax certificate and lease are in the file.",
}

VISIT = {
    "use_of_credit": "Bought stock for the season with it, as it said.",
    "finances": "Owes nobody else, by its bank statements.",
    "stock": "Counted at the visit; it turns as before.",
    "picture_holds": True,
    "next_steps": "Visit again before the next review.",
}
"""What the visit after credit was given found."""


async def look_into(api: Api, some: Sequence[Dealer], ids: Mapping[str, str]) -> list[str]:
    """Draw up a form for each, and have all but the last approved; where each stands.

    Parameters
    ----------
    ids : the ERP's number → the dealer's id
    """
    stages = []
    for dealer in some:
        path, manager = f"/dealers/{ids[dealer.number]}/due-diligence", dealer.branch.manager
        opinion = {"opinion": "recommended", "limit": f"{max(dealer.forecast * 2, 1000)}.00"}
        steps: list[tuple[str, Person, dict[str, Any]]] = [
            ("", manager, {"purpose": "Asks for a higher limit before the season."}),
            *(
                ("answers", manager, {"item": item, "finding": "satisfactory", "comment": comment})
                for item, comment in FOUND.items()
            ),
            ("opinion", manager, opinion | {"reason": "Pays as agreed, and its stock moves."}),
            ("submission", manager, {}),
        ]
        if dealer is not some[-1]:
            steps.append(("approval", dealer.branch.general_manager, {"note": "Agreed."}))
        for n, (step, who, said) in enumerate(steps):
            await _step(api, path, step, who, said, n)
        await _suspect(api, f"/dealers/{ids[dealer.number]}/suspicious-papers", dealer, last=dealer is some[-1])
        visit = VISIT | {"visited_on": LAST_DAY.isoformat()}
        place = f"/dealers/{ids[dealer.number]}/follow-ups"
        api.saw(await api.post(CREDIT, place, manager, visit, key=f"sample-{SEED}-{place}"))
        stages.append("approved" if dealer is not some[-1] else "submitted")
    return stages


async def _suspect(api: Api, path: str, dealer: Dealer, *, last: bool) -> None:
    """A paper is reported, and settled by the branch general manager."""
    report = {"paper": "lease", "number": f"L-{dealer.number}", "reason": "The seal on the copy is not the office's."}
    answer = await _step(api, path, "", dealer.branch.manager, report, 0)
    settled = {"outcome": "confirmed" if last else "dismissed", "reason": "Asked the office that issued it."}
    place = f"{answer['suspicion']}/settlement"
    await _step(api, path, place, dealer.branch.general_manager, settled, 1)


async def _step(api: Api, path: str, step: str, who: Person, said: Mapping[str, Any], n: int) -> Any:
    """One step, under the version that is there now; its answer."""
    key = f"sample-{SEED}-{path}-{n}"
    place = f"{path}/{step}" if step else path
    return (await api.change(CREDIT, place, who, dict(said), key=key, shown=path)).json()
