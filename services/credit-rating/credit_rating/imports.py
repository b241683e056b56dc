"""Files of invoices and of money received over HTTP: the declaration that the kit's engine, worker and routes run."""

from __future__ import annotations

from credit_rating.importing import LedgerImport
from credit_rating.projections.file_import import TYPES
from credit_rating.recording import Recorder
from events import LedgerEntryReversed
from service.imports.importing import Importing, Running
from service.imports.report import Sink


def import_of(running: Running) -> LedgerImport:
    """One import, under the name of who asked for it."""
    recorder = Recorder(
        log=running.log,
        actor=running.caller.login,
        business_date=running.today,
        correlation=running.correlation,
        traceparent=running.traceparent,
    )
    currency = running.runtime.settings.currency
    return LedgerImport(recorder=recorder, pool=running.runtime.pool, import_id=running.import_id, currency=currency)


async def sink_of(running: Running) -> Sink:
    """What takes the rows; in a dry run, what only judges them."""
    one = import_of(running)
    return one.preview if running.dry_run else one.record


async def undo(running: Running, reason: str) -> int:
    """Take back every entry that the import brought in."""
    return await import_of(running).reverse(reason, wait_seconds=running.runtime.settings.wait_seconds)


IMPORTS = Importing(
    package="credit_rating",
    types=TYPES,
    reversal=LedgerEntryReversed,
    kinds=("invoices", "receipts"),
    sink=sink_of,
    undo=undo,
)
