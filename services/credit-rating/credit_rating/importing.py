"""Rows of a file of invoices or of money received become facts; what an import brought in is taken back by new events.

importing = LedgerImport(recorder, pool, import_id="…", currency="CNY")
verdicts = await importing.record(rows)         # the sink of `service.imports.run_import`
verdicts = await importing.preview(rows)        # the same, nothing written: for a dry run
taken_back = await importing.reverse("Wrong file", wait_seconds=10)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from credit_rating.dealers_named import dealers_named
from credit_rating.documents import (
    AnyDocument,
    Bill,
    Bounce,
    Dishonour,
    Dispute,
    Invoice,
    Paying,
    Payment,
    Reference,
    Settlement,
    event_of,
    identity,
    require_plausible,
)
from credit_rating.recording import Item, Recorder
from credit_rating.revisions import reversal_id
from credit_rating.slices import Row, slices
from credit_rating.snapshot import SERVICE, company_snapshot, wait_until_shown
from credit_rating.whole_rows import RowJudged, judged_rows, record_rows
from eventlog.connection import Pool
from events import Imported, LedgerEntryReversed
from events.decider import Refused
from events.ids import request_hash
from service.imports import LedgerRow, MappedRecord, ReceiptRow, RowVerdict

CONFLICT, EXHAUSTED = "document-conflict", "taken-back-too-often"
SLICE = 1000
IMPORTED = """
select e.dealer, e.event, e.kind, e.origin, e.number, e.importrow from ledger_entry e
where e.importid = $1 and e.kind <> 'reversal' and e.event > $2
and not exists (select from ledger_entry r where r.reversed = e.event)
order by e.event limit $3
"""
NONE = UUID(int=0)
Judge = Callable[[Recorder, Sequence[Sequence[Item]]], Awaitable[list[RowJudged]]]
INVOICE = ("amount", "currency", "issued_on", "due_on", "method", "term_days", "order")


@dataclass(frozen=True, kw_only=True)
class LedgerImport:
    """One import of invoices, receipts and disputes, under the name of who imports; `pool` is the worker's own."""

    recorder: Recorder
    pool: Pool
    import_id: str
    currency: str

    async def record(self, rows: Sequence[MappedRecord]) -> list[RowVerdict]:
        """Record up to four documents a row: all of them or, where one conflicts with what is known, none."""
        return await self._verdicts(rows, record_rows)

    async def preview(self, rows: Sequence[MappedRecord]) -> list[RowVerdict]:
        """What `record` would say; nothing is written."""
        return await self._verdicts(rows, judged_rows)

    async def _verdicts(self, rows: Sequence[MappedRecord], act: Judge) -> list[RowVerdict]:
        items, verdicts = await self._items(rows)
        judged = await act(self.recorder, list(items.values()))
        verdicts |= {row: _verdict(row, each) for row, each in zip(items, judged, strict=True)}
        return list(verdicts.values())

    async def reverse(self, reason: str, *, wait_seconds: float) -> int:
        """Take back every accepted event of this import by a new one; answers how many. Repeatable.

        Waits until the read model shows what the log holds; then the same documents may be recorded again.
        """
        log = self.recorder.log
        await wait_until_shown(self.pool, {SERVICE: await log.last()}, wait_seconds)
        done = 0

        async def load(last: Row | None) -> tuple[Sequence[Row], None]:
            async with company_snapshot(self.pool) as conn:
                return await conn.fetch(IMPORTED, self.import_id, last["event"] if last else NONE, SLICE), None

        async for entries, _ in slices(load, SLICE):
            facts = [self._reversal(entry, reason) for entry in entries]
            done += sum(verdict.kind == "accepted" for verdict in await log.record(facts))
        return done

    def _reversal(self, entry: Mapping[str, Any], reason: str) -> Any:
        event = LedgerEntryReversed(
            entry=str(entry["event"]),
            kind=entry["kind"],
            source=entry["origin"],
            number=entry["number"],
            reason=reason,
        )
        imported = Imported(self.import_id, entry["importrow"])
        content = request_hash({"entry": str(entry["event"])})
        return self.recorder.fact(entry["dealer"], reversal_id(entry["event"]), content, event, imported)

    async def _items(self, rows: Sequence[MappedRecord]) -> tuple[dict[int, list[Item]], dict[int, RowVerdict]]:
        """The documents of every row; a verdict for rows that name nobody or cannot be so."""
        ledger_rows = [row for row in rows if isinstance(row, LedgerRow | ReceiptRow)]
        if len(ledger_rows) != len(rows):
            raise TypeError("credit-rating takes rows of invoices and receipts, not of sales or dealers")
        async with company_snapshot(self.pool) as conn:
            dealers = await dealers_named(conn, [_dealer(row) for row in ledger_rows])
        items: dict[int, list[Item]] = {}
        verdicts: dict[int, RowVerdict] = {}
        for each in ledger_rows:
            try:
                dealer = dealers.find(_dealer(each))
                items[each.row] = [self._item(dealer, each.row, document) for document in documents_of(each)]
            except Refused as refusal:
                verdicts[each.row] = RowVerdict(each.row, "rejected", refusal.code, refusal.detail)
        return items, verdicts

    def _item(self, dealer: UUID, row: int, document: AnyDocument) -> Item:
        require_plausible(document, today=self.recorder.business_date, currency=self.currency)
        return Item(dealer, identity(document), event_of(document), Imported(self.import_id, row))


def documents_of(row: LedgerRow | ReceiptRow) -> list[AnyDocument]:
    """What one row says; nothing is validated again: the mapping has checked every cell."""
    return _receipt(row) if isinstance(row, ReceiptRow) else _invoice(row)


def _receipt(row: ReceiptRow) -> list[AnyDocument]:
    """A payment or a bill, and that it came back."""
    named = {"dealer": _dealer(row), "source": row.source, "number": row.number}
    pays = () if row.invoice is None else (Paying.model_construct(invoice=row.invoice),)
    money = named | {"allocations": pays} | _only(row, ("amount", "currency", "received_on", "method"))
    back = named | {"reason": row.bounce_reason}
    said: list[tuple[type[AnyDocument], dict[str, Any]]]
    if row.matures_on is None:
        said = [(Payment, money), (Bounce, back | {"bounced_on": row.bounced_on})]
    else:
        said = [(Bill, money | {"matures_on": row.matures_on}), (Dishonour, back | {"dishonoured_on": row.bounced_on})]
    return [model.model_construct(**about) for model, about in (said if row.bounced_on else said[:1])]


def _invoice(row: LedgerRow) -> list[AnyDocument]:
    """An invoice, the payment that settled it, its dispute and how that ended."""
    named = {"dealer": _dealer(row), "source": row.source, "number": row.number}
    said: list[tuple[type[AnyDocument], dict[str, Any]]] = [(Invoice, named | _only(row, INVOICE))]
    if (paid := row.payment) is not None:
        pays = (Paying.model_construct(invoice=paid.invoice, amount=paid.amount),)
        about = {"number": paid.number, "currency": row.currency, "allocations": pays}
        said.append((Payment, named | about | _only(paid, ("amount", "received_on", "method"))))
    if row.dispute is not None:
        said.append((Dispute, named | _only(row.dispute, ("amount", "disputed_on", "reason"))))
    if row.settlement is not None:
        said.append((Settlement, named | _only(row.settlement, ("settled_on", "outcome"))))
    return [model.model_construct(**about) for model, about in said]


def _only(record: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _dealer(row: LedgerRow | ReceiptRow) -> Reference:
    return Reference.model_construct(source=row.source, number=row.dealer)


def _verdict(row: int, judged: RowJudged) -> RowVerdict:
    if judged.item is None:
        return RowVerdict(row, "accepted" if judged.judged == "new" else "duplicate")
    kind, source, number = judged.item.identity
    named = f"The {kind} {number} of {source}"
    if judged.judged == "exhausted":
        return RowVerdict(row, "rejected", EXHAUSTED, f"{named} was taken back too often: give it another number.")
    return RowVerdict(row, "rejected", CONFLICT, f"{named} is recorded, or named above, with another content.")
