"""The ageing of many dealers remembered between requests: a list asks for the same ones with every page.

A published history never changes, so the last sequence and the number of a dealer's entries within a cut name what its
ledger holds there: only ledgers that another request left elsewhere are aged again.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from rules.ageing import UNAPPLIED, column_names
from rules.ageing_of_many import Aged, Asked, Fetch, Ledgers, ageing_of_these
from rules.money import NOTHING
from service.context import ReadContext

MOST = 60_000
"""Ledgers at most, of about a kilobyte each; of more than these none is remembered."""
MARKS = """
select dealer, max(sequence) as last, count(*) as entries from ledger_entry
where sequence <= coalesce(($1::bigint[])[partition + 1], 0) group by dealer
"""
Mark: TypeAlias = tuple[int, int]
NO_ENTRY: Mark = (0, 0)
Question: TypeAlias = tuple[Any, ...]
"""As-of date, ends of the columns, by which date."""


class AgeingMemory:
    """What ledgers came to, by what was asked: the dealer's mark, and the amounts of its columns."""

    def __init__(self, most: int = MOST) -> None:
        self._known: dict[Question, dict[UUID, tuple[Mark, list[Decimal]]]] = {}
        self._most = most

    async def of_these(self, fetch: Fetch, ledgers: Ledgers, asked: Asked, dealers: Sequence[UUID]) -> Aged:
        """What `ageing_of_these` gives."""
        if len(dealers) > self._most:
            return await ageing_of_these(fetch, ledgers, asked, dealers)
        marks = {row["dealer"]: (row["last"], row["entries"]) for row in await fetch(MARKS, asked.bounds)}
        known = self._known.setdefault((asked.as_of, tuple(asked.limits), asked.by), {})
        changed = [each for each in dealers if each not in known or known[each][0] != marks.get(each, NO_ENTRY)]
        if changed:
            aged = await ageing_of_these(fetch, ledgers, asked, changed)
            known |= {each: (marks.get(each, NO_ENTRY), amounts) for each, amounts in aged.amounts.items()}
        amounts = {each: known[each][1] for each in dealers}
        if sum(map(len, self._known.values())) > self._most:
            self._known.clear()
        names = [*column_names(asked.limits), UNAPPLIED]
        sums = [sum([row[n] for row in amounts.values()], NOTHING) for n in range(len(names))]
        return Aged(names, amounts, sums)


def memory_of(read: ReadContext) -> AgeingMemory:
    """The application's memory, made at its first use."""
    state = read.request.app.state
    if not hasattr(state, "ageing_memory"):
        state.ageing_memory = AgeingMemory()
    memory: AgeingMemory = state.ageing_memory
    return memory
