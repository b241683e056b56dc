"""Files of sale lines as this service takes them in: what `service.imports` needs to know of it."""

from __future__ import annotations

from events import SaleLineReversed
from service.imports.importing import Importing, Running
from service.imports.report import Sink
from service.imports.standing import after_of, standing_of
from tiering.importing import preview_sink, sales_sink, undo
from tiering.projections.file_import import TYPES
from tiering.recording import Recorder


async def sink_of(running: Running) -> Sink:
    """Records the lines of one import on behalf of who asked for it; a dry run writes nothing."""
    reader, recorder = running.runtime.reader, recorder_of(running)
    if running.dry_run:
        return preview_sink(reader, running.caller, recorder)
    return sales_sink(reader, running.caller, recorder, running.import_id)


async def take_back(running: Running, reason: str) -> int:
    """Reverse every line that the import brought in; again: nothing more."""
    standing = await standing_of(running.log, running.import_id)
    after = after_of(standing, running.runtime.name)
    return await undo(running.log, recorder_of(running), running.import_id, reason, after=after)


def recorder_of(running: Running) -> Recorder:
    """The recorder of one import."""
    return Recorder(
        log=running.log,
        actor=running.caller.login,
        today=running.today,
        currency=running.runtime.settings.currency,
        correlation=running.correlation,
        traceparent=running.traceparent,
    )


IMPORTING = Importing(
    package="tiering",
    types=TYPES,
    reversal=SaleLineReversed,
    kinds=("sales",),
    sink=sink_of,
    undo=take_back,
)
