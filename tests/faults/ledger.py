"""What the clients asked and what they were told: written ahead, so that no attempt can be forgotten."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from eventlog.position import Position

Outcome = Literal["ok", "failed", "unknown"]
"""ok: acknowledged. failed: it was refused, or never left. unknown: no answer came."""


@dataclass
class Entry:
    """One command or fact. `number`: its name in every log and table; `turn`: its place in its client's order."""

    number: str
    family: str
    client: str
    turn: int
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    position: Position | None = None
    forgiven: bool = False

    @property
    def acknowledged(self) -> bool:
        """Whether the client was told that it is done, and nothing since took that back by its nature."""
        return self.outcomes["ok"] > 0 and not self.forgiven

    @property
    def possible(self) -> bool:
        """Whether it may be in the log: an attempt was acknowledged, or left without an answer."""
        return self.outcomes["ok"] > 0 or self.outcomes["unknown"] > 0


class Ledger:
    """Every attempt of every client.

    `losses` counts the times that history went back by nature of a fault; while `rewinding`, clients may meet a log
    that is behind what they were told.
    """

    def __init__(self, file: Path) -> None:
        self.entries: dict[str, Entry] = {}
        self.complaints: list[str] = []
        self.losses, self.rewinding = 0, False
        self._file = file.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def attempt(self, entries: Iterable[Entry]) -> None:
        """Write down what is about to be sent; until it is answered its outcome is unknown."""
        with self._lock:
            for entry in entries:
                self.entries[entry.number] = entry
                entry.outcomes["unknown"] += 1
                self._write(number=entry.number, client=entry.client, turn=entry.turn, outcome="sent")
            self._file.flush()

    def outcome(self, entry: Entry, outcome: Outcome, position: Position | None = None) -> None:
        """Write down what became of the last attempt."""
        with self._lock:
            if outcome != "unknown":
                entry.outcomes["unknown"] -= 1
                entry.outcomes[outcome] += 1
            entry.position = position or entry.position
            self._write(number=entry.number, outcome=outcome, position=str(position) if position else None)

    def complain(self, text: str) -> None:
        """A client was answered what nobody may be answered."""
        with self._lock:
            self.complaints.append(text)
            self._write(complaint=text)

    def whole_again(self) -> None:
        """History stands: who read it while it was behind has to read it once more."""
        if self.rewinding:
            self.losses, self.rewinding = self.losses + 1, False

    def forgive(self, numbers: Iterable[str]) -> int:
        """Strike out what was lost by nature; answers how many had been acknowledged."""
        with self._lock:
            lost = [self.entries[number] for number in numbers]
            for entry in lost:
                entry.forgiven = True
                self._write(number=entry.number, outcome="lost by nature")
            return len(lost)

    def all(self) -> list[Entry]:
        """Every entry so far."""
        with self._lock:
            return list(self.entries.values())

    def acknowledged(self) -> int:
        """How many commands and facts were ever acknowledged."""
        return sum(1 for entry in self.all() if entry.outcomes["ok"])

    def counted(self) -> Counter[Outcome]:
        """Attempts by their outcome."""
        return sum((entry.outcomes for entry in self.all()), Counter[Outcome]())

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _write(self, **said: object) -> None:
        self._file.write(json.dumps({"at": round(time.time(), 3)} | said) + "\n")
