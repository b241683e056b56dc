"""A classification run: one cut, one window, one policy for all dealers; current only when it is complete.

Source: architecture.md 4 (a run), domain.md 3.2.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

from events.catalogue import Event
from events.decider import Decider, Refused
from events.fields import Code, Count, Cut, Hash, Id
from events.types.shapes import Excluded, PolicyRef
from events.types.tiering import ClassificationRunCompleted, ClassificationRunStarted

from .command import Command, Today
from .policy import SalesMeasure
from .windows import explicit_window


class StartRun(Command):
    """Classify every dealer of the company by what is known at `cut`, in the window [window_from, window_to]."""

    run: Id
    scope: Literal["company"] = "company"
    measure: SalesMeasure
    window_from: date
    window_to: date
    cut: Cut
    policy: PolicyRef
    authorised_by: Code
    excluded: tuple[Excluded, ...] = ()
    today: Today


class CompleteRun(Command):
    """Every dealer of the run has its class; `digest` is that of the ranked list."""

    run: Id
    classified: Count
    digest: Hash


class Run(msgspec.Struct, frozen=True):
    """Where a run stands, and what was started, as its event says it."""

    stage: Literal["none", "started", "completed"] = "none"
    started: dict[str, Any] = {}


def key(run: str) -> str:
    """The key of a run's stream."""
    return f"run-{run}"


def decide(run: Run, command: StartRun | CompleteRun) -> list[Event]:
    """Starting a run again as it was started resumes it and writes nothing.

    Refused: run-started-otherwise, run-not-started, run-completed, cut-empty, and what `explicit_window` refuses.
    """
    match command, run.stage:
        case StartRun(), "none":
            return [_started(command)]
        case StartRun(), _ if _started(command).model_dump(mode="json") == run.started:
            return []
        case StartRun(), _:
            raise Refused("run-started-otherwise", "this run began with another cut, window or policy: start a new one")
        case CompleteRun(), "started":
            return [ClassificationRunCompleted(classified=command.classified, digest=command.digest)]
        case CompleteRun(), "none":
            raise Refused("run-not-started", "start the run before it is completed")
        case _:
            raise Refused("run-completed", "this run is complete and does not change: start a new one")


def _started(command: StartRun) -> Event:
    window = explicit_window(command.window_from, command.window_to, today=command.today)
    if not command.cut.get("tiering"):
        raise Refused("cut-empty", "the cut names no position of tiering: ask its log for a cut first")
    return ClassificationRunStarted(
        scope=command.scope,
        measure=command.measure,
        window_from=window.first,
        window_to=window.last,
        cut=command.cut,
        policy=command.policy,
        authorised_by=command.authorised_by,
        excluded=command.excluded,
    )


def evolve(run: Run, event: Event) -> Run:
    """What is then so."""
    match event:
        case ClassificationRunStarted():
            return Run("started", event.model_dump(mode="json"))
        case ClassificationRunCompleted():
            return msgspec.structs.replace(run, stage="completed")
        case _:
            return run


CLASSIFICATION_RUN = Decider(owner="tiering", category="run", state=Run, decide=decide, evolve=evolve)
