"""What an auditor of the sample network finds: control totals of the ERP, and lists that were taken out as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from dealerlog.client import AUDITOR, Api, require
from dealerlog.sample.entries import Entry, Invoice, Payment, dated
from dealerlog.sample.network import SEED
from dealerlog.sample.organisation import Person
from dealerlog.sample.rows import SOURCE
from dealerlog.sample.step import CREDIT

TAKEN: tuple[tuple[str, dict[str, str]], ...] = (
    ("/exceptions", {"format": "xlsx", "kind": "hold_release"}),
    ("/completeness/comparison", {"format": "csv"}),
)
"""Which lists go out, as what. The whole register is longer than a file may be: the sample's facts come years late."""


async def hand_in_totals(api: Api, period: str, entries: Sequence[Entry], ids: Mapping[str, str], who: Person) -> None:
    """What the ERP counts for a month; done again, it says nothing new."""
    totals = [total for kind in ("invoice", "payment") if (total := _total(kind, period, entries, ids))]
    body = {"source": SOURCE, "period": period, "totals": totals}
    if totals:
        api.saw(await api.post(CREDIT, "/control-totals", who, body, key=f"sample-{SEED}-control-{period}"))


async def take_out(api: Api) -> int:
    """Let the auditor take two lists out, once; how many the register holds."""
    known = await api.get(CREDIT, "/exports", AUDITOR)
    for path, asked in () if known["items"] else TAKEN:
        api.saw(require(await api.ask(CREDIT, "GET", path, AUDITOR, params=asked)))
    return len(known["items"]) or len(TAKEN)


def _total(kind: str, period: str, entries: Sequence[Entry], ids: Mapping[str, str]) -> dict[str, Any] | None:
    """Of the documents of dealers that were loaded."""
    amounts = [
        entry.delivery.amount if isinstance(entry, Invoice) else entry.amount
        for entry in entries
        if isinstance(entry, Invoice if kind == "invoice" else Payment)
        and dated(entry).isoformat()[:7] == period
        and (entry.delivery if isinstance(entry, Invoice) else entry).dealer.number in ids
    ]
    if not amounts:
        return None
    return {"kind": kind, "documents": len(amounts), "amount": f"{sum(amounts, Decimal(0)):.2f}"}
