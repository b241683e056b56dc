"""What the credit controller of the sample network does with the books: close and compare months, correct, allocate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
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
SLIP, UNNAMED = "附言无票号", "付款附言没有发票号，客户来电确认付此张"


async def keep_books(api: Api, entries: Sequence[Entry], ids: Mapping[str, str], controller: Person) -> str:
    """Close two months, take a wrong bounce back, settle a claim of a closed month, allocate money; a line on it.

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
    one, placed = min(len(paid), 1), await _allocate(api, paid, ids, controller)
    done = f"{len(CLOSED)} months closed, {one} entry taken back, {one} claim settled late, {placed} payment allocated"
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


async def _allocate(api: Api, paid: Sequence[Payment], ids: Mapping[str, str], controller: Person) -> int:
    """A payment whose slip names no invoice that we know, and then the one that it was for: once, where one is open."""
    for payment in paid:
        dealer = ids[payment.dealer.number]
        async for entry in api.pages(CREDIT, f"/dealers/{dealer}/ledger", controller):
            if entry["kind"] == "allocation":
                return 1
        owed = await api.get(CREDIT, f"/dealers/{dealer}/receivables", controller, as_of=LAST_DAY)
        for item in owed["open_items"][-1:]:
            await _pay_unnamed(api, payment, dealer, item, controller)
            return 1
    return 0


async def _pay_unnamed(api: Api, payment: Payment, dealer: str, item: Mapping[str, Any], controller: Person) -> None:
    said = {
        "amount": "500.00", "currency": CURRENCY, "received_on": LAST_DAY.isoformat(), "method": "transfer",
        "allocations": [{"invoice": SLIP, "amount": "500.00"}],
    }  # fmt: skip
    entered = await _record(api, "/payments", payment, f"HK{payment.number}", said, controller)
    amount = min(Decimal("500.00"), Decimal(item["open"]))
    body = {
        "allocations": [{"invoice": item["number"], "amount": str(amount)}],
        "allocated_on": LAST_DAY.isoformat(), "reason": UNNAMED,
    }  # fmt: skip
    path = f"/dealers/{dealer}/ledger/{entered['id']}/allocation"
    api.saw(await api.post(CREDIT, path, controller, body, key=f"sample-{SEED}-allocation-{payment.number}"))


async def _record(api: Api, path: str, of: Payment, number: str, said: dict[str, Any], who: Person) -> dict[str, Any]:
    body = {"dealer": reference(of.dealer), "source": SOURCE, "number": number} | said
    answer = await api.post(CREDIT, path, who, body, key=f"sample-{SEED}-{path}-{number}")
    api.saw(answer)
    return dict(answer.json())
