"""What is not as it was decided, when a decision is taken again."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from uuid import UUID


class Difference(NamedTuple):
    """What is not as it was decided: a path in the data, what was recorded and what is derived now (as JSON)."""

    path: str
    recorded: Any
    derived: Any


class Rederived(NamedTuple):
    """A decision taken again, of a dealer or (None) the end of a run; equal if there is no difference.

    `run`: the run or review; of a statement, a reminder or a promise its own id.
    """

    event: UUID
    dealer: UUID | None
    run: UUID
    differences: list[Difference]

    @property
    def equal(self) -> bool:
        """Whether every byte of the events' data is the same."""
        return not self.differences


def compared(path: str, recorded: bytes | None, derived: bytes | None) -> list[Difference]:
    """What differs between two forms of canonical data, by path; None: there is none."""
    if recorded == derived:
        return []
    return list(_unequal(path, json.loads(recorded or "null"), json.loads(derived or "null")))


def _unequal(path: str, recorded: Any, derived: Any) -> list[Difference]:
    if recorded == derived:
        return []
    if isinstance(recorded, dict) and isinstance(derived, dict):
        names = sorted(recorded.keys() | derived.keys())
        return [each for name in names for each in _unequal(f"{path}.{name}", recorded.get(name), derived.get(name))]
    return [Difference(path, recorded, derived)]
