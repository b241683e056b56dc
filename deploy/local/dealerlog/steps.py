"""What a person sees while they wait: one aligned line a step, with its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.text import Text

NAME_WIDTH, NOTE_WIDTH = 18, 46
WIDE = 160


def console_of_ours() -> Console:
    """Standard output; in a file or a pipe a table is as wide as it needs to be."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDE)


@dataclass
class Step:
    """A step under way; `note` is what its line will say, `tell` shows how far it is while it runs."""

    note: str = ""
    tell: Callable[[str], None] = lambda text: None


class Steps:
    """Prints steps to a console; rich drops the colour and the spinner where it is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or console_of_ours()

    @contextmanager
    def step(self, name: str, note: str = "") -> Iterator[Step]:
        """Run a step and print its line when it ends, also when it fails."""
        with self.quiet_step(name, note) as step, self.console.status(name) as status:
            step.tell = lambda text: status.update(f"{name}  {escape(text)}")
            yield step

    @contextmanager
    def quiet_step(self, name: str, note: str = "") -> Iterator[Step]:
        """The same without a spinner, for what draws a bar of its own."""
        started, step = time.monotonic(), Step(note)
        try:
            yield step
        except BaseException:
            self._line(name, "failed", started, "red")
            raise
        self._line(name, step.note, started, "green")

    def say(self, text: str, style: str = "") -> None:
        """Print a line that is no step."""
        self.console.print(Text(text, style=style), soft_wrap=True)

    def _line(self, name: str, note: str, started: float, style: str) -> None:
        line = Text(f"{name:<{NAME_WIDTH - 1}} ", style=style)
        line.append(f"{note:<{NOTE_WIDTH}}", style="default")
        line.append(f"{time.monotonic() - started:7.1f} s", style="dim")
        self.console.print(line, soft_wrap=True)
