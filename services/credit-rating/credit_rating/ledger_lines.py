"""Rows of `/ledger:bulk`: a document each, `kind` says which."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, RootModel

from credit_rating import documents


class InvoiceRow(documents.Invoice):
    """An invoice as a row of a bulk write."""

    kind: Literal["invoice"]


class PaymentRow(documents.Payment):
    """A payment as a row of a bulk write."""

    kind: Literal["payment"]


class BounceRow(documents.Bounce):
    """A bounced payment as a row of a bulk write."""

    kind: Literal["bounce"]


class BillRow(documents.Bill):
    """An acceptance bill as a row of a bulk write."""

    kind: Literal["bill"]


class DishonourRow(documents.Dishonour):
    """A dishonoured bill as a row of a bulk write."""

    kind: Literal["dishonour"]


class CreditNoteRow(documents.CreditNote):
    """A credit note as a row of a bulk write."""

    kind: Literal["credit_note"]


class WriteOffRow(documents.WriteOff):
    """A write-off as a row of a bulk write: only the ERP's feed says who approved it there."""

    kind: Literal["write_off"]


class RecoveryRow(documents.Recovery):
    """Money for what was written off as a row of a bulk write."""

    kind: Literal["recovery"]


class DisputeRow(documents.Dispute):
    """A dispute as a row of a bulk write."""

    kind: Literal["dispute"]


class SettlementRow(documents.Settlement):
    """The end of a dispute as a row of a bulk write."""

    kind: Literal["dispute_settled"]


AnyRow: TypeAlias = (
    InvoiceRow
    | PaymentRow
    | BounceRow
    | BillRow
    | DishonourRow
    | CreditNoteRow
    | WriteOffRow
    | RecoveryRow
    | DisputeRow
    | SettlementRow
)


class LedgerLine(RootModel[AnyRow]):
    """A row of `/ledger:bulk`: `kind` says which document it is."""

    model_config = ConfigDict(frozen=True)
    root: Annotated[AnyRow, Field(discriminator="kind")]
