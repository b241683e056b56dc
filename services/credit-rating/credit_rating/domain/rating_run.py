"""A rating run over a region: started once at one cut under one policy, completed once (architecture.md 4).

Between the two lies one decision a dealer, a grade or none, in the dealers' own streams; a run that was interrupted
goes on at the same cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from events import Event, PolicyRef, RatingRunCompleted, RatingRunStarted
from events.decider import Decider, Refused
from events.ids import canonical

DIRECTOR = "regional_director"


class Command(BaseModel):
    """What is asked of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Authoriser(Command):
    """Who starts the run: login, role, and the region of that role (None: the company)."""

    login: str
    role: str
    region: str | None


class StartRun(Command):
    """Rate the dealers of a region at the end of `as_of`, known at `cut`, under `policy`."""

    region: str
    as_of: date
    cut: dict[str, dict[str, int]]
    policy: PolicyRef
    authorised_by: Authoriser


class CompleteRun(Command):
    """Every dealer of the region has its grade, or its `GradeWithheld` says why not; `digest` from `ranked_digest`."""

    rated: int = Field(ge=0)
    left_out: int = Field(default=0, ge=0)
    digest: str


RatingRunCommand: TypeAlias = StartRun | CompleteRun


class RatingRun(msgspec.Struct, frozen=True):
    """What was started, as its event says it; None before. Complete once and then current."""

    started: dict[str, Any] | None = None
    completed: bool = False


def decide(run: RatingRun, command: RatingRunCommand) -> list[Event]:
    """What happens on a command."""
    match command:
        case StartRun():
            return _start(run, command)
        case CompleteRun() if run.started is None:
            raise Refused("run-not-started", "Start the run before it is completed.")
        case CompleteRun() if run.completed:
            raise Refused("run-completed", "This run is complete: start another one.")
        case CompleteRun(rated=rated, left_out=left_out, digest=digest):
            return [RatingRunCompleted(rated=rated, left_out=left_out, digest=digest)]


def _start(run: RatingRun, command: StartRun) -> list[Event]:
    by = command.authorised_by
    if by.role != DIRECTOR or by.region != command.region:
        raise Refused(
            "not-authorised-for-region",
            f"A rating run of {command.region} is authorised by the marketing director of that region.",
            region=command.region,
        )
    started = RatingRunStarted(
        region=command.region, as_of=command.as_of, cut=command.cut, policy=command.policy, authorised_by=by.login
    )
    if run.started is None:
        return [started]
    if run.started != started.model_dump(mode="json"):
        raise Refused(
            "run-started-otherwise",
            "This run has begun with another cut, day or policy: resume it, or start a new one.",
        )
    return []


def evolve(run: RatingRun, event: Any) -> RatingRun:
    """What is then so."""
    match event:
        case RatingRunStarted():
            return RatingRun(started=event.model_dump(mode="json"))
        case RatingRunCompleted():
            return msgspec.structs.replace(run, completed=True)
        case _:
            return run


def ranked_digest(rated: Iterable[tuple[str, int, Decimal]]) -> str:
    """SHA-256 of the run's list of (dealer, grade, limit), ordered by grade, limit (highest first), dealer."""
    ranked = sorted(rated, key=lambda row: (row[1], -row[2], row[0]))
    return sha256(canonical(ranked)).hexdigest()


RATING_RUN = Decider(owner="credit-rating", category="run", state=RatingRun, decide=decide, evolve=evolve)
