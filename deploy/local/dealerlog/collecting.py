"""What the sample network's people do about its worst debts: remind, note promises, assess, secure, go to legal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dealerlog.client import Api
from dealerlog.sample.calendar import LAST_DAY
from dealerlog.sample.network import SEED, Network
from dealerlog.sample.organisation import Person
from dealerlog.sample.step import CREDIT

WORST = 6
"""So many dealers are worked on."""
ASSESSED = {"character": 60, "capacity": 45, "capital": 50, "collateral": 70, "conditions": 55}


async def collect(api: Api, network: Network, ids: Mapping[str, str]) -> list[str]:
    """Take the head of the work list through some steps each, by the branch's own manager; which steps they were.

    Parameters
    ----------
    ids : the ERP's number → the dealer's id
    """
    managers = {ids[each.number]: each.branch.manager for each in network.dealers if each.number in ids}
    head = network.organisation.head_of_marketing
    listed = await api.get(CREDIT, "/collection", head, limit=WORST)
    steps = []
    for n, row in enumerate(each for each in listed["items"] if each["stage"]):
        soon = (LAST_DAY + timedelta(days=7)).isoformat()
        who, task = managers[row["dealer"]], {"due_on": soon, "what": "Visit them, and have the balance confirmed."}
        said: list[tuple[str, dict[str, Any]]] = [
            ("reminders", {"to": "accounts", "note": "The statement went along."}),
            ("promises", {"amount": row["overdue"], "pay_by": soon, "promised_by": "owner"}),
            ("tasks", task | {"to": who.login}),
            ("legal", {"reason": f"{row['overdue']} overdue, and no answer to two letters."}),
        ]
        path = f"/dealers/{row['dealer']}"
        for step, body in said[: n % len(said) + 1]:
            await _step(api, f"{path}/collection", step, who, body)
            steps.append(step)
        if n % 2 == 0:
            await _assess_and_secure(api, path, who, row)
    return steps


async def _assess_and_secure(api: Api, path: str, who: Person, row: Mapping[str, Any]) -> None:
    """Its 5C with their evidence, and a mortgage for what it owes."""
    scores = {name: {"score": score, "evidence": "Accounts and a visit."} for name, score in ASSESSED.items()}
    api.saw(await api.post(CREDIT, f"{path}/five-c", who, scores, key=f"sample-{SEED}-{path}-five-c"))
    mortgage = {
        "kind": "mortgage", "owner": row["name"], "value": row["overdue"], "valued_on": LAST_DAY.isoformat(),
        "registration": f"M-{row['code']}", "expires_on": (LAST_DAY + timedelta(days=40)).isoformat(),
    }  # fmt: skip
    await _step(api, path, "securities", who, mortgage)


async def _step(api: Api, path: str, step: str, who: Person, body: dict[str, Any]) -> None:
    """One step, under the version that is there now."""
    shown = path if step != "securities" else f"{path}/{step}"
    key = f"sample-{SEED}-{path}-{step}"
    await api.change(CREDIT, f"{path}/{step}", who, body, key=key, shown=shown)
