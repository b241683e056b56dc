"""What a person sees while they wait: one aligned line a step, with its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

NAME_WIDTH, NOTE_WIDTH = 18, 46


@dataclass
class Step:
    """A step under way; `note` is what its line will say."""

    note: str = ""


class Steps:
    """Prints steps to a console; rich drops the colour and the spinner where it is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    @contextmanager
    def step(self, name: str, note: str = "") -> Iterator[Step]:
        """Run a step and print its line when it ends, also when it fails."""
        started, step = time.monotonic(), Step(note)
        try:
            with self.console.status(name):
                yield step
        except BaseException:
            self._line(name, "failed", started, "red")
            raise
        self._line(name, step.note, started, "green")

    def say(self, text: str, style: str = "") -> None:
        """Print a line that is no step."""
        self.console.print(Text(text, style=style), soft_wrap=True)

    def _line(self, name: str, note: str, started: float, style: str) -> None:
        line = Text(f"{name:<{NAME_WIDTH}}", style=style)
        line.append(f"{note:<{NOTE_WIDTH}}", style="default")
        line.append(f"{time.monotonic() - started:7.1f} s", style="dim")
        self.console.print(line, soft_wrap=True)
