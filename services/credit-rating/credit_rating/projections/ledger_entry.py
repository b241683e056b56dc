"""The ledger as facts: every document and every correction, so that any date at any cut can be read again.

`origin` is the source system (`source` is the log's own column); `dated` the document's business date; `invoice` the
invoice that a credit note names; `reversed` the event that a reversal takes back; `importid`, `importrow` lead to the
file.
"""

from eventlog.mapping import IMPORT_ID, IMPORT_ROW, SUBJECT, Given, Same
from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import (
    CreditNoteIssued,
    DisputeSettled,
    InvoiceDisputed,
    InvoiceIssued,
    LedgerEntryReversed,
    PaymentReceived,
)

ledger_entry = FactsTable(
    "ledger_entry",
    columns={
        "dealer": uuid,
        "kind": text,
        "origin": text,
        "number": text,
        "amount": money,
        "dated": day,
        "due_on": day,
        "method": text,
        "term_days": integer,
        "order_number": text,
        "invoice": text,
        "allocations": json,
        "outcome": text,
        "reason": text,
        "reversed": uuid,
        "importid": text,
        "importrow": integer,
    },
    scope="dealer",
    indexes=[("dealer", "sequence"), ("importid",)],
)

DOCUMENT: dict[str, Given] = {
    "dealer": SUBJECT,
    "origin": "source",
    "number": "number",
    "importid": IMPORT_ID,
    "importrow": IMPORT_ROW,
}

ledger_entry.copies(
    InvoiceIssued,
    **DOCUMENT,
    kind=Same("invoice"),
    amount="amount",
    dated="issued_on",
    due_on="due_on",
    method="method",
    term_days="term_days",
    order_number="order",
)
ledger_entry.copies(
    PaymentReceived,
    **DOCUMENT,
    kind=Same("payment"),
    amount="amount",
    dated="received_on",
    method="method",
    allocations="allocations",
)
ledger_entry.copies(
    CreditNoteIssued,
    **DOCUMENT,
    kind=Same("credit_note"),
    amount="amount",
    dated="issued_on",
    invoice="invoice",
    reason="reason",
)
ledger_entry.copies(
    InvoiceDisputed, **DOCUMENT, kind=Same("dispute"), amount="amount", dated="disputed_on", reason="reason"
)
ledger_entry.copies(DisputeSettled, **DOCUMENT, kind=Same("settlement"), dated="settled_on", outcome="outcome")
ledger_entry.copies(LedgerEntryReversed, **DOCUMENT, kind=Same("reversal"), reversed="entry", reason="reason")
