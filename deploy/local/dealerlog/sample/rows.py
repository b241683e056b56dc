"""The rows of bulk writes: the only file that knows their members."""

from __future__ import annotations

from datetime import date

from dealerlog.sample.dealers import Dealer
from dealerlog.sample.draws import Draws
from dealerlog.sample.entries import (
    Allocation,
    Bill,
    CameBack,
    CreditNote,
    Dispute,
    Entry,
    Invoice,
    Payment,
    Recovery,
    Settlement,
    WriteOff,
)
from dealerlog.sample.step import Json
from dealerlog.sample.stock import Stock
from dealerlog.sample.trading import Delivery, Line, Return, with_vat
from dealerlog.sample.visits import Visit

SOURCE, CURRENCY = "ERP", "CNY"
APPROVER = "head.of.marketing"
"""Who approved a write-off, as the ERP calls it."""


def reference(dealer: Dealer) -> Json:
    """How a row names its dealer: by the ERP's own number."""
    return {"source": SOURCE, "number": dealer.number}


def visit_row(visit: Visit) -> Json:
    """A visit as a row of `/visits:bulk`."""
    return {
        "dealer": reference(visit.dealer),
        "reference": f"{visit.dealer.number}-{visit.number}",
        "visited_on": visit.on.isoformat(),
        "method": visit.method,
        "place": visit.place,
        "participants": list(visit.participants),
        "content": visit.content,
        "succeeded": visit.succeeded,
        "fell_short": visit.fell_short,
        "lesson": visit.lesson,
        "next_appointment": visit.next_appointment.isoformat(),
        "next_plan": visit.next_plan,
        "representative": visit.dealer.representative.login,
    }


def ledger_row(entry: Entry) -> Json:
    """An entry as a row of `/ledger:bulk`."""
    match entry:
        case Invoice(delivery=d):
            return _document("invoice", d.dealer, d.number) | {
                "amount": str(d.amount),
                "currency": CURRENCY,
                "issued_on": d.on.isoformat(),
                "due_on": entry.due_on.isoformat(),
                "method": d.method,
                "term_days": d.term_days,
            }
        case Payment():
            return _document("payment", entry.dealer, entry.number) | {
                "amount": str(entry.amount),
                "currency": CURRENCY,
                "received_on": entry.on.isoformat(),
                "method": entry.method,
                "allocations": _named(entry.allocations),
            }
        case Bill():
            return _document("bill", entry.dealer, entry.number) | {
                "amount": str(entry.amount),
                "currency": CURRENCY,
                "received_on": entry.on.isoformat(),
                "matures_on": entry.matures_on.isoformat(),
                "method": entry.method,
                "allocations": _named(entry.allocations),
            }
        case CameBack(kind=kind):
            day = "bounced_on" if kind == "bounce" else "dishonoured_on"
            return _document(kind, entry.dealer, entry.number) | {day: entry.on.isoformat(), "reason": entry.reason}
        case WriteOff():
            return _document("write_off", entry.dealer, entry.number) | {
                "invoice": entry.invoice,
                "amount": str(entry.amount),
                "currency": CURRENCY,
                "written_off_on": entry.on.isoformat(),
                "reason": entry.reason,
                "approved_by": APPROVER,
            }
        case Recovery():
            return _document("recovery", entry.dealer, entry.number) | {
                "invoice": entry.invoice,
                "amount": str(entry.amount),
                "currency": CURRENCY,
                "recovered_on": entry.on.isoformat(),
                "method": "transfer",
            }
        case CreditNote():
            return _document("credit_note", entry.dealer, entry.number) | {
                "amount": str(entry.amount),
                "currency": CURRENCY,
                "issued_on": entry.on.isoformat(),
                "invoice": entry.invoice,
                "reason": entry.reason,
            }
        case Dispute(delivery=d):
            amounts = {"amount": str(entry.amount), "disputed_on": entry.on.isoformat(), "reason": entry.reason}
            return _document("dispute", d.dealer, d.number) | amounts
        case Settlement(dispute=of):
            outcome = {"settled_on": entry.on.isoformat(), "outcome": entry.outcome}
            return _document("dispute_settled", of.delivery.dealer, of.delivery.number) | outcome


def sales_rows(item: Delivery | Return) -> list[Json]:
    """The lines of a delivery or a return as rows of `/sales:bulk`; no line of one invoice is equal to another."""
    match item:
        case Delivery():
            return [_line("sale", item.dealer, item.number, item.on, line) | _shipped(item) for line in item.lines]
        case Return():
            return [_line("return", item.delivery.dealer, item.number, item.on, line) for line in item.lines]


def _shipped(delivery: Delivery) -> Json:
    """Where the goods of a delivery went, as far as carriers say: of every eighth dealer, now and then elsewhere."""
    dealer = delivery.dealer
    if int(dealer.number[1:]) % 8:
        return {}
    draws = Draws("shipped", delivery.number)
    territories = [each.code for each in dealer.branch.territories]
    stays = draws.chance(100 - int(dealer.number[1:]) % 5 * 8)
    return {"ship_to_territory": dealer.territory.code if stays else draws.pick(territories)}


def stock_row(report: Stock) -> Json:
    """A report of what an agent holds of ours as a row of `/inventory:bulk`."""
    return {
        "dealer": reference(report.dealer),
        "source": SOURCE,
        "number": report.number,
        "as_of": report.on.isoformat(),
        "currency": CURRENCY,
        "lines": [
            {
                "product": line.product.code,
                "quantity": str(line.quantity),
                "value": str(with_vat((line,))),
                "consigned": True,
            }
            for line in report.lines
        ],
    }


def _named(allocations: tuple[Allocation, ...]) -> list[Json]:
    return [{"invoice": a.invoice, "amount": str(a.amount)} for a in allocations]


def _document(kind: str, dealer: Dealer, number: str) -> Json:
    return {"kind": kind, "dealer": reference(dealer), "source": SOURCE, "number": number}


def _line(kind: str, dealer: Dealer, invoice: str, on: date, line: Line) -> Json:
    return {
        "kind": kind,
        "dealer": reference(dealer),
        "source": SOURCE,
        "invoice": invoice,
        "line": 1,
        "product": line.product.code,
        "description": line.product.name,
        "quantity": str(line.quantity),
        "unit_price": str(line.unit_price),
        "currency": CURRENCY,
        "sold_on": on.isoformat(),
    }
