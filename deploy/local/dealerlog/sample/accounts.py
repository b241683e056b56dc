"""What dealers owe and pay: invoices, payments, credit notes and disputes that follow from the deliveries."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from dealerlog.sample.calendar import LAST_DAY, later, working
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.draws import Draws
from dealerlog.sample.entries import Allocation, CreditNote, Dispute, Entry, Invoice, Payment, Settlement, dated
from dealerlog.sample.setbacks import setbacks
from dealerlog.sample.trading import CENT, Delivery, Return

UNPAID_SINCE = timedelta(days=270)  # what is older was collected or would have been written off
PAYING_DAYS = (10, 25)  # chains pay twice a month


def accounts(seed: int, dealer: Dealer, sent: tuple[Delivery, ...], back: tuple[Return, ...]) -> list[Entry]:
    """All entries of one dealer up to the last day, by date."""
    draws = Draws(seed, "accounts", dealer.number)
    invoices = [Invoice(d, d.on + timedelta(days=d.term_days)) for d in sent]
    notes = [CreditNote(dealer, r.number, r.on, r.amount, r.delivery.number, r.reason) for r in back]
    returned = {r.delivery.number for r in back}
    kept = [i for i in invoices if i.delivery.number not in returned]
    disputes = [found for i in kept if (found := _dispute(draws.at("dispute", i.delivery.number), i))]
    settlements = [done for x in disputes if (done := _settlement(draws.at("settle", x.delivery.number), x))]
    notes += [_note(dealer, s) for s in settlements if s.outcome == "upheld"]
    payments = _payments(draws, dealer, invoices, notes, disputes, settlements)
    credited = {note.invoice for note in notes}
    unpaid = [i for i in kept if i.delivery.number not in credited and not _paying_day(_own(draws, i), dealer, i)]
    money = setbacks(draws.at("setbacks"), dealer, unpaid, payments)
    entries: list[Entry] = [*invoices, *notes, *disputes, *settlements, *money]
    return sorted((e for e in entries if dated(e) <= LAST_DAY), key=dated)


def _dispute(draws: Draws, invoice: Invoice) -> Dispute | None:
    """One or two of a hundred invoices on credit are contested, mostly in part."""
    delivery = invoice.delivery
    on = later(delivery.on, draws.between(2, 18))
    if delivery.method != "credit" or on > LAST_DAY or not draws.chance(2):
        return None
    amount = (delivery.amount * draws.pick((15, 30, 60, 100)) / 100).quantize(CENT, ROUND_HALF_UP)
    reason = draws.pick(("送货短少，签收单与发票不符", "破损未扣除", "价格与协议不一致", "促销费用未抵扣"))
    return Dispute(delivery, on, amount, reason)


def _settlement(draws: Draws, dispute: Dispute) -> Settlement | None:
    on = later(dispute.on, draws.between(8, 45))
    outcome = draws.weighted({"upheld": 45, "dismissed": 55})
    return Settlement(dispute, on, outcome) if on <= LAST_DAY else None


def _note(dealer: Dealer, done: Settlement) -> CreditNote:
    invoice = done.dispute.delivery.number
    return CreditNote(
        dealer, "ZR" + invoice[2:], done.on, done.dispute.amount, invoice, "争议成立：" + done.dispute.reason
    )


def _payments(
    draws: Draws,
    dealer: Dealer,
    invoices: list[Invoice],
    notes: list[CreditNote],
    disputes: list[Dispute],
    settlements: list[Settlement],
) -> list[Payment]:
    """Each invoice less what was credited before is paid once or in two parts; payments of one day are one payment."""
    contested = {d.delivery.number: d.amount for d in disputes}
    settled = {s.dispute.delivery.number: s for s in settlements}
    due: dict[date, list[Allocation]] = {}
    late_notes: list[tuple[date, Decimal]] = []
    for invoice in invoices:
        delivery, here = invoice.delivery, _own(draws, invoice)
        day = _paying_day(here, dealer, invoice)
        mine = [n for n in notes if n.invoice == delivery.number]
        held = contested.get(delivery.number, Decimal())
        late_notes += [(n.on, n.amount) for n in mine if day and n.on > day and not (held and n.number[:2] == "ZR")]
        early = sum((n.amount for n in mine if day and n.on <= day and n.number[:2] != "ZR"), Decimal())
        if day:
            for on, amount in _parts(here, day, delivery.amount - held - early, invoice.due_on):
                due.setdefault(on, []).append(Allocation(delivery.number, amount))
        done = settled.get(delivery.number)
        if day and done and done.outcome == "dismissed":
            on = max(day, later(done.on, here.between(2, 12)))
            due.setdefault(on, []).append(Allocation(delivery.number, held))
    return _received(draws.at("payments").at("received"), dealer, due, late_notes)


def _own(draws: Draws, invoice: Invoice) -> Draws:
    """What decides how an invoice is paid."""
    return draws.at("payments").at(invoice.delivery.number)


def _paying_day(draws: Draws, dealer: Dealer, invoice: Invoice) -> date | None:
    """The day the dealer pays an invoice; none if it is left unpaid to the end."""
    payer, delivery = dealer.payer, invoice.delivery
    if delivery.method == "prepaid":
        return delivery.on - timedelta(days=draws.between(0, 4))
    if not draws.chance(payer.on_time):
        unpaid = draws.chance(payer.unpaid) and invoice.due_on > LAST_DAY - UNPAID_SINCE
        return None if unpaid else later(invoice.due_on, draws.between(*payer.late))
    if dealer.level.code == "chain" and delivery.method == "credit":
        return max(delivery.on, _paying_day_before(invoice.due_on - timedelta(days=delivery.term_days // 3)))
    early = invoice.due_on - timedelta(days=draws.between(delivery.term_days * 4 // 10, delivery.term_days * 9 // 10))
    return early - timedelta(days=max(0, early.weekday() - 4)) if delivery.term_days else early


def _paying_day_before(due: date) -> date:
    """The last of the month's paying days up to the due date."""
    days = [due.replace(day=d) for d in PAYING_DAYS if d <= due.day]
    return days[-1] if days else (due.replace(day=1) - timedelta(days=1)).replace(day=PAYING_DAYS[-1])


def _parts(draws: Draws, day: date, amount: Decimal, due: date) -> list[tuple[date, Decimal]]:
    """Late money sometimes comes in two parts."""
    if amount <= 0:
        return []
    if day <= due or not draws.chance(22):
        return [(day, amount)]
    first = (amount * draws.between(30, 70) / 100).quantize(CENT, ROUND_HALF_UP)
    return [(day, first), (working(day + timedelta(days=draws.between(5, 20))), amount - first)]


def _received(
    draws: Draws, dealer: Dealer, due: dict[date, list[Allocation]], late_notes: list[tuple[date, Decimal]]
) -> list[Payment]:
    """One payment a day; credit given after an invoice was paid is taken off the next money that is sent."""
    out: list[Payment] = []
    spent = Decimal()
    for n, (on, parts) in enumerate(sorted(due.items()), start=1):
        credit = sum((amount for given, amount in late_notes if given < on), Decimal()) - spent
        taken = max(Decimal(), min(credit, sum((p.amount for p in parts), Decimal()) - 1))
        spent += taken
        kept = [Allocation(p.invoice, p.amount - taken * (k == 0)) for k, p in enumerate(parts)]
        total = sum((p.amount for p in kept), Decimal())
        named = tuple(p for p in kept if p.amount > 0) if kept[0].amount >= 0 and not draws.chance(5) else ()
        method = "cash" if total < 20_000 and draws.chance(60) else "transfer"
        out.append(Payment(dealer, f"SK{on:%y%m}{dealer.number[1:]}{n:03d}", on, total, method, named))
    return out
