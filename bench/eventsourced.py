"""The `eventsourcing` library as its documentation shows it: an application and a projection in PostgreSQL."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from time import perf_counter
from typing import Any, cast
from urllib.parse import unquote, urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, DomainEvent, event
from eventsourcing.persistence import JSONTranscoder, Tracking, Transcoding
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection
from psycopg.sql import SQL, Identifier

from bench.workload import Entry
from events import InvoiceIssued, PaymentReceived

SCHEMA = "peer"
COLUMNS = ("dealer", "kind", "origin", "number", "amount", "dated", "due_on", "method", "term_days")


@dataclass(frozen=True)
class Entered(DomainEvent):
    """A document of the ledger: what our document says, envelope included."""

    kind: str
    source: str
    number: str
    amount: Decimal
    currency: str
    dated: date
    due_on: date | None
    method: str
    term_days: int | None
    actor: str
    business_date: date
    correlation: str


def entered(dealer: str, ours: Entry, versions: Counter[str]) -> Entered:
    """The same event in the dealer's stream, whose versions are counted here."""
    versions[dealer] += 1
    kind: tuple[str, date, date | None, int | None]
    match ours:
        case InvoiceIssued():
            kind = "invoice", ours.issued_on, ours.due_on, ours.term_days
        case PaymentReceived():
            kind = "payment", ours.received_on, None, None
    name, dated, due_on, term_days = kind
    return Entered(
        UUID(dealer), versions[dealer], Entered.create_timestamp(), name, ours.source, ours.number, ours.amount,
        ours.currency, dated, due_on, ours.method, term_days, "service:erp-import", date.today(),
        f"0193-bulk-{ours.number}",
    )  # fmt: skip


class Dealer(Aggregate):
    """A dealer that is submitted: what `SubmitDealer` says."""

    @event("Submitted")
    def __init__(self, number: str, forecast_monthly_sales: Decimal, scores: dict[str, int], by: str) -> None:
        self.name, self.number = f"Dealer {number}", number
        self.territory, self.branch, self.region = "T1", "B1", "R1"
        self.forecast_monthly_sales, self.scores, self.by = forecast_monthly_sales, scores, by


class DateAsISO(Transcoding):
    """Dates, which its transcoder does not know by itself."""

    type = date
    name = "date_iso"

    def encode(self, obj: date) -> str:
        """As ISO says it."""
        return obj.isoformat()

    def decode(self, data: str) -> date:
        """Back."""
        return date.fromisoformat(data)


class Documents(Application[UUID]):
    """Its application, with its own transcoder and recorder."""

    name = "documents"

    def register_transcodings(self, transcoder: JSONTranscoder) -> None:
        """Its own three, and dates."""
        super().register_transcodings(transcoder)
        transcoder.register(DateAsISO())


class Entries(PostgresTrackingRecorder):
    """Its materialised view: a table of one row an event, and where it stands, moved in the same transaction."""

    def __init__(self, datastore: Any, **keywords: Any) -> None:
        super().__init__(datastore, **keywords)
        self._insert = SQL("insert into {}.entry ({}) values ({})").format(
            Identifier(SCHEMA), SQL(", ").join(map(Identifier, COLUMNS)), SQL(", ").join([SQL("%s")] * len(COLUMNS))
        )

    def add(self, entry: Entered, tracking: Tracking) -> None:
        """Write a row; as in our fill of a table, a commit does not wait for the disk."""
        row = (entry.originator_id, entry.kind, entry.source, entry.number, entry.amount, entry.dated, entry.due_on,
               entry.method, entry.term_days)  # fmt: skip
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute("set local synchronous_commit = off")
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._insert, row, prepare=True)


class Projecting(Projection[Entries]):
    """Its projection; `done` so many events by `turned_at`."""

    name = "entries"
    done, turned_at = 0, 0.0

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """One event, one transaction."""
        self.view.add(cast(Entered, domain_event), tracking)
        self.done, self.turned_at = self.done + 1, perf_counter()


def environment(url: str, *, connections: int) -> dict[str, str]:
    """Its settings for a database: all at their defaults but where it is, and how many connections there are."""
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_SCHEMA": SCHEMA, "POSTGRES_DBNAME": parts.path[1:],
        "POSTGRES_HOST": parts.hostname or "", "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": unquote(parts.username or ""), "POSTGRES_PASSWORD": unquote(parts.password or ""),
        "POSTGRES_POOL_SIZE": str(connections),
    }  # fmt: skip
