"""What one application remembers between requests."""

from __future__ import annotations

from reporting.reading.ledger import LedgerMemory
from service.context import ReadContext


def memory_of(read: ReadContext) -> LedgerMemory:
    """The application's memory of what ledgers came to; made at its first use."""
    state = read.request.app.state
    if not hasattr(state, "ledger_memory"):
        state.ledger_memory = LedgerMemory()
    memory: LedgerMemory = state.ledger_memory
    return memory
