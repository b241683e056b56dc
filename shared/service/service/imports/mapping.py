"""Raw row → mapped record, or why not. One mapper serves one file; it remembers distinct cells, not rows."""

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import assert_never

from service.imports.cells import plain_text
from service.imports.columns import ColumnSeat, seat_of
from service.imports.kinds import dealer_builder, dealer_number, invoice_builder, sale_builder
from service.imports.profile import DealersProfile, InvoicesProfile, Profile, ReceiptsProfile, SalesProfile
from service.imports.profile_parts import Rule
from service.imports.receipts import receipt_builder
from service.imports.records import MappedRecord
from service.imports.refusals import CellFault, RowError, RowIgnored
from service.imports.tables import Cells, Slice

Mapped = MappedRecord | RowError | RowIgnored
Test = Callable[[Cells], str | None]
"""Answers the reason of the first rule that the row meets."""


class Mapper:
    """Maps rows of one file by one profile.

    `columns` is the file's header; a mapped column that it lacks refuses the file. `latest` is the last business date
    that a fact may carry (today + 1 day); None leaves that check to the sink.
    """

    def __init__(self, profile: Profile, columns: Sequence[str], *, latest: datetime.date | None = None) -> None:
        self.profile = profile
        self._columns = tuple(columns)
        self._ignores = self._test(profile.ignore)
        self._rejects = self._test(profile.reject)
        seat = seat_of(profile, self._columns)
        self._dealer_seat, self._dealer = seat(profile.dealer.number), dealer_number(profile)
        self._build = self._builder(seat, latest)

    def _builder(self, seat: ColumnSeat, latest: datetime.date | None) -> Callable[[int, str, Cells], MappedRecord]:
        match self.profile:
            case SalesProfile():
                return sale_builder(self.profile, seat, latest)
            case InvoicesProfile():
                return invoice_builder(self.profile, seat, latest)
            case ReceiptsProfile():
                return receipt_builder(self.profile, seat, latest)
            case DealersProfile():
                return dealer_builder(self.profile, seat)
            case _:
                assert_never(self.profile)

    def _test(self, rules: Sequence[Rule]) -> Test | None:
        if not rules:
            return None
        seat = seat_of(self.profile, self._columns)
        seated = [(seat((rule.column,)), rule) for rule in rules]

        def test(cells: Cells) -> str | None:
            for at, rule in seated:
                text = plain_text(cells[at], rule.column)
                if text in rule.equals or (rule.begins and text.startswith(rule.begins)):
                    return rule.reason
            return None

        return test

    def map(self, row: int, cells: Cells) -> Mapped:
        """The record of one row, or its error, or the note that the profile leaves it out."""
        try:
            if self._ignores is not None and (reason := self._ignores(cells)):
                return RowIgnored(row, reason)
            if self._rejects is not None and (reason := self._rejects(cells)):
                return RowError(row, "rejected-by-profile", reason)
            return self._build(row, self._dealer(cells[self._dealer_seat]), cells)
        except CellFault as fault:
            return RowError(row, fault.code, fault.reason)

    def map_slice(self, part: Slice) -> Iterator[Mapped]:
        """One verdict or record for each row of the slice, in its order; a row broken in itself keeps that error."""
        if not part.faults:
            yield from map(self.map, part.numbers, part.rows)
            return
        for row, cells in zip(part.numbers, part.rows, strict=True):
            yield part.faults.get(row) or self.map(row, cells)
