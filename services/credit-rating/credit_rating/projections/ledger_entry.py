"""The ledger as facts: every document and every correction, so that any date at any cut can be read again.

`origin` is the source system (`source` is the log's own column); `dated` the document's business date; `due_on` when an
invoice is due or a bill matures; `invoice` the one that a credit note, a write-off or a recovery names; a bounce bears
the number of its payment, a dishonour that of its bill; `purpose` is what a credit note is for; `reversed` the
event that a reversal takes back, `allocates` the one whose money a later allocation names (`approved_by` is who did);
`importid`, `importrow` lead to the file.
"""

from eventlog.mapping import IMPORT_ID, IMPORT_ROW, SUBJECT, Given, Same
from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import (
    BillDishonoured,
    BillReceived,
    CreditNoteIssued,
    DisputeSettled,
    InvoiceDisputed,
    InvoiceIssued,
    LedgerEntryReversed,
    PaymentAllocated,
    PaymentBounced,
    PaymentReceived,
    ReceivableWrittenOff,
    WrittenOffRecovered,
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
        "purpose": text,
        "claim": text,
        "approved_by": text,
        "reversed": uuid,
        "allocates": uuid,
        "importid": text,
        "importrow": integer,
    },
    scope="dealer",
    indexes=[("dealer", "sequence"), ("dated",)],
    sparse=[("importid", "event"), ("reversed",)],
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
ledger_entry.copies(PaymentBounced, **DOCUMENT, kind=Same("bounce"), dated="bounced_on", reason="reason")
ledger_entry.copies(
    BillReceived,
    **DOCUMENT,
    kind=Same("bill"),
    amount="amount",
    dated="received_on",
    due_on="matures_on",
    method="method",
    allocations="allocations",
)
ledger_entry.copies(BillDishonoured, **DOCUMENT, kind=Same("dishonour"), dated="dishonoured_on", reason="reason")
ledger_entry.copies(
    CreditNoteIssued,
    **DOCUMENT,
    kind=Same("credit_note"),
    amount="amount",
    dated="issued_on",
    invoice="invoice",
    reason="reason",
    purpose="purpose",
    claim="claim",
)
ledger_entry.copies(
    PaymentAllocated,
    **DOCUMENT,
    kind=Same("allocation"),
    dated="allocated_on",
    allocations="allocations",
    reason="reason",
    approved_by="by",
    allocates="entry",
)
ledger_entry.copies(
    ReceivableWrittenOff,
    **DOCUMENT,
    kind=Same("write_off"),
    amount="amount",
    dated="written_off_on",
    invoice="invoice",
    reason="reason",
    approved_by="approved_by",
)
ledger_entry.copies(
    WrittenOffRecovered,
    **DOCUMENT,
    kind=Same("recovery"),
    amount="amount",
    dated="recovered_on",
    method="method",
    invoice="invoice",
)
ledger_entry.copies(
    InvoiceDisputed, **DOCUMENT, kind=Same("dispute"), amount="amount", dated="disputed_on", reason="reason"
)
ledger_entry.copies(DisputeSettled, **DOCUMENT, kind=Same("settlement"), dated="settled_on", outcome="outcome")
ledger_entry.copies(LedgerEntryReversed, **DOCUMENT, kind=Same("reversal"), reversed="entry", reason="reason")
