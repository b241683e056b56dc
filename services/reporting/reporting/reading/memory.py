"""What one application remembers between requests."""

from __future__ import annotations

from reporting.reading.ledger import OverdueMemory
from service.context import ReadContext


def memory_of(read: ReadContext) -> OverdueMemory:
    """The application's memory of overdue amounts; made at its first use."""
    state = read.request.app.state
    if not hasattr(state, "overdue_memory"):
        state.overdue_memory = OverdueMemory()
    memory: OverdueMemory = state.overdue_memory
    return memory
