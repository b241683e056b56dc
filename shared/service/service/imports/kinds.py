"""Kinds of rows: how a sale, an invoice and a dealer are built from the cells of one row (`receipts`: money received).

Ranges are those of the event types (events.fields): quantity 3 decimals, unit price 4, amount 2, codes 64 characters.
"""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from events import wording
from service.imports.cells import Reader, day_reader, figure_reader, number_reader, plain_text, text_reader
from service.imports.columns import ColumnSeat
from service.imports.profile import DealersProfile, InvoicesProfile, Profile, ReceiptsProfile, SalesProfile
from service.imports.records import DealerRow, Dispute, LedgerRow, MappedRecord, Payment, SaleLine, Settlement
from service.imports.refusals import CellFault
from service.imports.tables import Cells

Build = Callable[[int, str, Cells], MappedRecord]
"""(row number, dealer's number, cells) → record; raises CellFault."""


def dealer_number(profile: Profile) -> Reader:
    """The reader of the column that names the dealer."""
    dealer = profile.dealer
    return number_reader(dealer.number[0], unknown=dealer.unknown, integral=dealer.integral)


def currency_check(
    profile: SalesProfile | InvoicesProfile | ReceiptsProfile, seat: ColumnSeat
) -> Callable[[Cells], None]:
    """Refuses a row whose currency column says another currency than the profile."""
    at = seat(profile.columns.currency)

    def check(cells: Cells) -> None:
        if at is not None and (said := plain_text(cells[at], "currency")) != profile.currency:
            raise CellFault(
                "other-currency", f"The row is in {said[:10] or 'no currency'}, the file in {profile.currency}."
            )

    return check


def sale_builder(profile: SalesProfile, seat: ColumnSeat, latest: datetime.date | None) -> Build:
    """Sales and returns: the invoice's prefix tells which, the sign of the quantity must agree."""
    columns = profile.columns
    signs = profile.numbers.model_dump()
    invoice_at, product_at = seat(columns.invoice), seat(columns.product)
    quantity_at, price_at, day_at = seat(columns.quantity), seat(columns.unit_price), seat(columns.sold_on)
    description_at = seat(columns.description)
    place_at, territory_at = seat(columns.ship_to), seat(columns.ship_to_territory)
    invoice_of = text_reader(columns.invoice[0], most=64)
    product_of = text_reader(columns.product[0], most=64)
    description_of = text_reader("description", most=200, required=False, held_to=wording.name)
    place_of = text_reader("ship_to", most=200, required=False, held_to=wording.name)
    territory_of = text_reader("ship_to_territory", most=64, required=False)
    quantity_of = figure_reader(columns.quantity[0], places=3, below=10**9, **signs)
    price_of = figure_reader(columns.unit_price[0], places=4, below=10**9, **signs)
    day_of = day_reader(columns.sold_on[0], profile.dates, latest=latest)
    prefix = profile.returns.invoice_prefix if profile.returns else None
    source, currency, direction = profile.source, profile.currency, profile.direction
    check_currency = currency_check(profile, seat) if columns.currency else None

    def build(row: int, dealer: str, cells: Cells) -> SaleLine:
        if check_currency is not None:
            check_currency(cells)
        invoice = invoice_of(cells[invoice_at])
        quantity: Decimal = quantity_of(cells[quantity_at])
        price: Decimal = price_of(cells[price_at])
        returned = prefix is not None and invoice.startswith(prefix)
        if price < 0:
            raise CellFault("negative-price", f"The unit price is negative: {price}.")
        if returned:
            if quantity >= 0:
                raise CellFault("wrong-sign", f"A return needs a negative quantity, not {quantity}.")
            quantity = -quantity
        elif quantity <= 0:
            raise CellFault("wrong-sign", f"A sale needs a positive quantity, not {quantity}.")
        return SaleLine(
            row,
            source,
            dealer,
            invoice,
            product_of(cells[product_at]),
            None if description_at is None else description_of(cells[description_at]),
            quantity,
            price,
            quantity * price,
            currency,
            day_of(cells[day_at]),
            returned,
            direction=direction,
            ship_to=None if place_at is None else place_of(cells[place_at]),
            ship_to_territory=None if territory_at is None else territory_of(cells[territory_at]),
        )

    return build


def invoice_builder(profile: InvoicesProfile, seat: ColumnSeat, latest: datetime.date | None) -> Build:
    """An invoice, its payment on the settled date, its dispute from the invoice date to the settled date."""
    columns, terms = profile.columns, profile.terms
    signs = profile.numbers.model_dump()
    number_at, amount_at, issued_at = seat(columns.number), seat(columns.amount), seat(columns.issued_on)
    due_at, settled_at, order_at = seat(columns.due_on), seat(columns.settled_on), seat(columns.order)
    number_of = text_reader(columns.number[0], most=64)
    amount_of = figure_reader(columns.amount[0], places=2, below=10**12, **signs)
    issued_of = day_reader(columns.issued_on[0], profile.dates, latest=latest)
    due_of = day_reader("due date", profile.dates, latest=None, required=False)
    settled_of = day_reader("settled date", profile.dates, latest=latest, required=False)
    order_of = text_reader("order", most=64, required=False)
    is_disputed = disputed_reader(profile, seat)
    check_currency = currency_check(profile, seat)

    def build(row: int, dealer: str, cells: Cells) -> LedgerRow:
        check_currency(cells)
        number: str = number_of(cells[number_at])
        amount: Decimal = amount_of(cells[amount_at])
        if amount <= 0:
            raise CellFault("negative-amount", f"An invoice needs an amount above 0, not {amount}.")
        issued: datetime.date = issued_of(cells[issued_at])
        due = _at(due_of, due_at, cells) or issued + datetime.timedelta(days=terms.term_days)
        settled: datetime.date | None = _at(settled_of, settled_at, cells)
        if due < issued:
            raise CellFault("due-before-issue", f"The invoice is due on {due}, before its date {issued}.")
        if settled is not None and settled < issued:
            raise CellFault("settled-before-issue", f"The invoice is settled on {settled}, before its date {issued}.")
        disputed = is_disputed(cells)
        return LedgerRow(
            row,
            profile.source,
            dealer,
            number,
            amount,
            profile.currency,
            issued,
            due,
            terms.method,
            terms.term_days,
            _at(order_of, order_at, cells),
            Payment(number, amount, settled, profile.payment.method, number) if profile.payment and settled else None,
            Dispute(amount, issued, profile.dispute.reason) if profile.dispute and disputed else None,
            Settlement(settled, profile.dispute.outcome) if profile.dispute and disputed and settled else None,
        )

    return build


def disputed_reader(profile: InvoicesProfile, seat: ColumnSeat) -> Callable[[Cells], bool]:
    """Whether a row's invoice is disputed; a value that is neither yes nor no is an error."""
    at, words = seat(profile.columns.disputed), profile.dispute

    def read(cells: Cells) -> bool:
        if at is None or words is None:
            return False
        said = plain_text(cells[at], "disputed")
        if said not in words.yes and said not in words.no:
            raise CellFault("neither-yes-nor-no", f"The disputed column says {said[:20]!r}.")
        return said in words.yes

    return read


def dealer_builder(profile: DealersProfile, seat: ColumnSeat) -> Build:
    """A dealer with what the file says of it."""
    who, extras = profile.dealer, profile.columns
    named = (who.name, who.county, who.country)
    coded = (extras.territory, extras.supplier, extras.channel_level, extras.cooperation)
    seats = [seat(names) for names in (*named, *coded)]
    name_of = text_reader("name", most=200, required=False, held_to=wording.name)
    code_of = text_reader("code", most=64, required=False)

    def build(row: int, dealer: str, cells: Cells) -> DealerRow:
        name, county, country = (_at(name_of, at, cells) for at in seats[:3])
        territory, supplier, level, cooperation = (_at(code_of, at, cells) for at in seats[3:])
        name = name or who.name_pattern.replace("{number}", dealer)
        return DealerRow(row, profile.source, dealer, name, county, country, territory, supplier, level, cooperation)

    return build


def _at(reader: Reader, at: int | None, cells: Cells) -> Any:
    return None if at is None else reader(cells[at])
