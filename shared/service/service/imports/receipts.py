"""How money received, or a bill, is built from the cells of one row; what came back says when."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from service.imports.cells import day_reader, figure_reader, plain_text, text_reader
from service.imports.columns import ColumnSeat
from service.imports.kinds import currency_check
from service.imports.profile import ReceiptsProfile
from service.imports.records import ReceiptRow
from service.imports.refusals import CellFault
from service.imports.tables import Cells

ACCEPTANCES = ("bank_acceptance", "commercial_acceptance")


def receipt_builder(
    profile: ReceiptsProfile, seat: ColumnSeat, latest: datetime.date | None
) -> Callable[[int, str, Cells], ReceiptRow]:
    """A payment; a bill, where it says when it matures, which only an acceptance does and each of them must."""
    columns, signs = profile.columns, profile.numbers.model_dump()
    number_at, amount_at, received_at = seat(columns.number), seat(columns.amount), seat(columns.received_on)
    invoice_at, matures_at, bounced_at = seat(columns.invoice), seat(columns.matures_on), seat(columns.bounced_on)
    number_of = text_reader(columns.number[0], most=64)
    amount_of = figure_reader(columns.amount[0], places=2, below=10**12, **signs)
    received_of = day_reader(columns.received_on[0], profile.dates, latest=latest)
    invoice_of = text_reader("invoice", most=64, required=False)
    matures_of = day_reader("maturity", profile.dates, latest=None, required=False)
    bounced_of = day_reader("bounced", profile.dates, latest=latest, required=False)
    method_of = method_reader(profile, seat)
    check_currency = currency_check(profile, seat)
    reason = profile.bounce.reason if profile.bounce else None

    def build(row: int, dealer: str, cells: Cells) -> ReceiptRow:
        check_currency(cells)
        amount: Decimal = amount_of(cells[amount_at])
        if amount <= 0:
            raise CellFault("negative-amount", f"Money received needs an amount above 0, not {amount}.")
        method = method_of(cells)
        received: datetime.date = received_of(cells[received_at])
        matures: datetime.date | None = None if matures_at is None else matures_of(cells[matures_at])
        if (matures is not None) != (matures_at is not None and method in ACCEPTANCES):
            raise CellFault("maturity-and-method", f"An acceptance says when it matures, {method} does not.")
        if matures is not None and matures < received:
            raise CellFault("matures-before-receipt", f"The bill matures on {matures}, before it came on {received}.")
        bounced: datetime.date | None = None if bounced_at is None else bounced_of(cells[bounced_at])
        if bounced is not None and bounced < received:
            raise CellFault("bounced-before-receipt", f"It came back on {bounced}, before it came on {received}.")
        return ReceiptRow(
            row,
            profile.source,
            dealer,
            number_of(cells[number_at]),
            amount,
            profile.currency,
            received,
            method,
            None if invoice_at is None else invoice_of(cells[invoice_at]),
            matures,
            bounced,
            reason if bounced is not None else None,
        )

    return build


def method_reader(profile: ReceiptsProfile, seat: ColumnSeat) -> Callable[[Cells], Any]:
    """How a row says that it was paid; a word that the profile does not list is an error, an empty cell the default."""
    at, said = seat(profile.columns.method), profile.method

    def read(cells: Cells) -> Any:
        word = "" if at is None else plain_text(cells[at], "method")
        method = said.words.get(word) or (None if word else said.default)
        if method is None:
            raise CellFault("unknown-method", f"The profile does not list the method {word[:20]!r}.")
        return method

    return read
