"""The `dealerlog` command: gathers the command groups and shows a Problem as one line."""

from __future__ import annotations

import sys
from typing import Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from dealerlog.commands import demo, history, importing, records, run, stack, status, token
from dealerlog.problem import Problem

INTERRUPTED = 130


class OneLineProblems(TyperGroup):
    """A person gets the line that says what to do; a traceback is for what we did not foresee."""

    def invoke(self, context: Any) -> Any:
        try:
            return super().invoke(context)
        except Problem as problem:
            Console(stderr=True, highlight=False).print(Text(f"dealerlog: {problem}", style="red"), soft_wrap=True)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)


app = typer.Typer(
    cls=OneLineProblems, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False,
    help="One log, four services, one command.",
)  # fmt: skip


@app.callback()
def main() -> None:
    """Run `dealerlog COMMAND --help` for the options of a command."""


for group in (run, demo, stack, status, importing, history, records, token):
    group.register(app)
