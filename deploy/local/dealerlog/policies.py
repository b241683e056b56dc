"""A draft of next year's credit policy in the sample network: something to compare, to try and to approve."""

from __future__ import annotations

from dealerlog.client import Api
from dealerlog.sample.calendar import LAST_DAY
from dealerlog.sample.network import SEED
from dealerlog.sample.organisation import Person
from dealerlog.sample.step import CREDIT

NOTE = "Prices rose by a fifth: monthly sales count as B from 60,000 on."


async def draft_policy(api: Api, controller: Person) -> str:
    """The credit controller writes it; where it stands."""
    content = (await api.get(CREDIT, "/policies/credit/1", controller))["content"]
    indicators = content["indicators"]
    indicators["monthly_sales"] = indicators["monthly_sales"] | {"B": "60000"}
    content |= {"version": 2, "effective_from": LAST_DAY.replace(year=LAST_DAY.year + 1).isoformat()}
    body = {"content": content, "note": NOTE}
    answer = await api.post(CREDIT, "/policies/drafts", controller, body, key=f"sample-{SEED}-policy-draft")
    api.saw(answer)
    return str(answer.json()["stage"])
