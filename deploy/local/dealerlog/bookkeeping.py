"""What the credit controller of the sample network does with the books: close and compare months, correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from dealerlog.auditing import hand_in_totals, take_out
from dealerlog.client import Api
from dealerlog.sample.calendar import LAST_DAY
from dealerlog.sample.entries import CameBack, Entry, Payment
from dealerlog.sample.network import SEED
from dealerlog.sample.organisation import Person
from dealerlog.sample.rows import CURRENCY, SOURCE, reference
from dealerlog.sample.step import CREDIT

CLOSED = ("2026-04", "2026-05")
"""The months before the network's last, June 2026."""
IN_MAY = LAST_DAY - timedelta(days=40)
WRONG = "退票通知录错付款号"


async def keep_books(api: Api, entries: Sequence[Entry], ids: Mapping[str, str], controller: Person) -> str:
    """Close two months, take a wrongly entered bounce back, settle a promotion claim of a closed month; a line on it.

    Done again, it changes nothing. `ids` maps the ERP's number to the dealer's id.
    """
    for period in CLOSED:
        await hand_in_totals(api, period, entries, ids, controller)
        await _close(api, period, controller)
    back = {entry.number for entry in entries if isinstance(entry, CameBack)}
    paid = [e for e in entries if isinstance(e, Payment) and e.dealer.number in ids and e.number not in back]
    if paid:
        await _correct(api, paid[-1], ids[paid[-1].dealer.number], controller)
        await _settle_claim(api, paid[0], controller)
    one = min(len(paid), 1)
    done = f"{len(CLOSED)} months closed, {one} entry taken back, {one} claim settled late"
    return f"{done}, {await take_out(api)} exports"


async def _close(api: Api, period: str, controller: Person) -> None:
    path, key = f"/periods/{period}/closing", f"sample-{SEED}-close-{period}"
    await api.change(CREDIT, path, controller, {}, key=key, shown=f"/periods/{period}")


async def _correct(api: Api, payment: Payment, dealer: str, controller: Person) -> None:
    """A bounce of the wrong payment, and its reversal: once, since what was taken back could come again."""
    async for entry in api.pages(CREDIT, f"/dealers/{dealer}/ledger", controller):
        if entry["kind"] == "reversal" and entry["reason"] == WRONG:
            return
    bounced = {"bounced_on": LAST_DAY.isoformat(), "reason": "账户余额不足，银行退票"}
    entered = await _record(api, "/payments/bounce", payment, payment.number, bounced, controller)
    path = f"/dealers/{dealer}/ledger/{entered['id']}/reversal"
    key = f"sample-{SEED}-reversal-{payment.number}"
    api.saw(await api.post(CREDIT, path, controller, {"reason": WRONG}, key=key))


async def _settle_claim(api: Api, payment: Payment, controller: Person) -> None:
    """A promotion of May, credited once May is closed."""
    said = {
        "amount": "680.00", "currency": CURRENCY, "issued_on": IN_MAY.isoformat(), "purpose": "promotion_claim",
        "claim": "CX-2026-0518", "reason": "五月堆头促销费用，按核报单冲抵",
    }  # fmt: skip
    await _record(api, "/credit-notes", payment, f"CX{payment.number}", said, controller)


async def _record(api: Api, path: str, of: Payment, number: str, said: dict[str, Any], who: Person) -> dict[str, Any]:
    body = {"dealer": reference(of.dealer), "source": SOURCE, "number": number} | said
    answer = await api.post(CREDIT, path, who, body, key=f"sample-{SEED}-{path}-{number}")
    api.saw(answer)
    return dict(answer.json())
