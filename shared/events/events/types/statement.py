"""credit-rating: statements of account (对账单) and audit confirmation letters (询证函), domain.md 2.2.

People of a dealer are personal data: `to` and `confirmed_by` say a position or a department, such as "accounts".
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from events.catalogue import Event, Part
from events.fields import Count, Currency, Cut, Hash, Id, Money
from events.recorded import Code, Name, Said
from events.types.shapes import PolicyRef

StatementPurpose = Literal["monthly", "audit"]
SentBy = Literal["post", "courier", "email", "fax", "message", "by_hand"]


class StatementTotal(Part):
    """The lines of one kind (invoice, payment, credit_note, …): how many, and what they change the balance by."""

    kind: Code
    lines: Count
    amount: Money


class StatementColumn(Part):
    """A column of the ageing on the last day, as the ageing names it."""

    name: Code
    amount: Money


class StatementIssued(Event, owner="credit-rating", stream="statements"):
    """What a dealer owed on a day and what led to it, as known at `cut`: opening balance + lines = closing balance.

    The lines themselves are the ledger's, read again at the cut: `lines` counts them and `digest` is theirs. An audit
    letter is addressed to an auditor. `issued_by` is a login, or "clock".
    """

    statement: Id
    purpose: StatementPurpose
    addressed_to: Name | None = None
    first_day: date
    last_day: date
    currency: Currency
    opening_balance: Money
    closing_balance: Money
    lines: Count
    totals: Annotated[tuple[StatementTotal, ...], Field(max_length=30)]
    digest: Hash
    ageing: Annotated[tuple[StatementColumn, ...], Field(max_length=20)]
    policy: PolicyRef
    cut: Cut
    issued_by: Code


class StatementSent(Event, owner="credit-rating", stream="statements"):
    """The statement went out: how, and to which office of the dealer."""

    statement: Id
    sent_on: date
    how: SentBy
    to: Name
    by: Code


class StatementConfirmed(Event, owner="credit-rating", stream="statements"):
    """The dealer confirmed the closing balance; `signed_copy` is the SHA-256 of the copy that it signed or stamped."""

    statement: Id
    confirmed_on: date
    confirmed_by: Name
    signed_copy: Hash | None = None
    by: Code


class StatementDiffered(Event, owner="credit-rating", stream="statements"):
    """The dealer has another balance: `difference` = ours − theirs."""

    statement: Id
    differed_on: date
    their_balance: Money
    difference: Money
    reason: Said
    by: Code


class StatementSettled(Event, owner="credit-rating", stream="statements"):
    """A difference was cleared up: the balance that both agree to, and why; a correction is an entry of the ledger."""

    statement: Id
    settled_on: date
    agreed_balance: Money
    reason: Said
    by: Code


class StatementWithdrawn(Event, owner="credit-rating", stream="statements"):
    """The statement counts no more; another one may be issued for the same days."""

    statement: Id
    withdrawn_on: date
    reason: Said
    by: Code
