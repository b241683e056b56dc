"""Suspicious papers of a dealer (可疑证件): reported by anybody, settled by another person, blocking approvals (2.9).

reported → dismissed, or → confirmed → cleared by the credit controller. While one is reported or confirmed, neither a
due diligence nor a credit review of the dealer is approved. Collection and payments go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict

from events import Event, SuspicionCleared, SuspicionConfirmed, SuspicionDismissed, SuspiciousPaperReported
from events.decider import Refused
from events.types.diligence import PaperKind

MOST = 50
HOW: dict[str, str] = {
    "reported": "somebody else than {by} confirms or dismisses it",
    "confirmed": "the credit controller clears it, with a reason",
}


class Command(BaseModel):
    """What is asked of a dealer's papers."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReportPaper(Command):
    """A paper looks forged or altered."""

    suspicion: str
    paper: PaperKind
    number: str
    reason: str
    file: str | None = None
    by: str
    today: date


class SettleSuspicion(Command):
    """It is so, or it is not."""

    suspicion: str
    outcome: Literal["confirmed", "dismissed"]
    reason: str
    by: str
    today: date


class ClearSuspicion(Command):
    """A confirmed one blocks no more."""

    suspicion: str
    reason: str
    by: str
    today: date


SuspicionCommand: TypeAlias = ReportPaper | SettleSuspicion | ClearSuspicion
SUSPICION_COMMANDS = (ReportPaper, SettleSuspicion, ClearSuspicion)


class Suspicion(NamedTuple):
    """One that blocks: which paper, where it stands, who reported it."""

    id: str
    paper: PaperKind
    number: str
    stage: Literal["reported", "confirmed"]
    by: str


def decide(open_ones: tuple[Suspicion, ...], command: SuspicionCommand) -> list[Event]:
    """What happens on a command. Refused: suspicion-reported, suspicion-settled, own-proposal, too-many-open."""
    match command:
        case ReportPaper():
            if any((each.paper, each.number) == (command.paper, command.number) for each in open_ones):
                raise Refused("suspicion-reported", "This paper is reported already: have that report settled.")
            if len(open_ones) >= MOST:
                raise Refused("too-many-open", f"At most {MOST} reports of a dealer are open: settle some first.")
            return [SuspiciousPaperReported(**command.model_dump(exclude={"today"}), reported_on=command.today)]
        case SettleSuspicion():
            found = _at(open_ones, command.suspicion, "reported")
            if found.by == command.by:
                raise Refused("own-proposal", f"{found.by} reported this paper: somebody else settles it.")
            kind = SuspicionConfirmed if command.outcome == "confirmed" else SuspicionDismissed
            return [kind(**_said(found, command), settled_on=command.today)]
        case ClearSuspicion():
            found = _at(open_ones, command.suspicion, "confirmed")
            return [SuspicionCleared(**_said(found, command), cleared_on=command.today)]


def _at(open_ones: tuple[Suspicion, ...], suspicion: str, stage: str) -> Suspicion:
    for each in open_ones:
        if each.id == suspicion and each.stage == stage:
            return each
    raise Refused("suspicion-settled", f"No report of this id is {stage}: read the dealer's suspicious papers.")


def _said(found: Suspicion, command: SettleSuspicion | ClearSuspicion) -> dict[str, Any]:
    return {"suspicion": found.id, "paper": found.paper, "number": found.number, "reason": command.reason,
            "by": command.by}  # fmt: skip


def evolve(open_ones: tuple[Suspicion, ...], event: Any) -> tuple[Suspicion, ...]:
    """Those that block then."""
    match event:
        case SuspiciousPaperReported():
            return (*open_ones, Suspicion(event.suspicion, event.paper, event.number, "reported", event.by))
        case SuspicionConfirmed(suspicion=found):
            return tuple(each._replace(stage="confirmed") if each.id == found else each for each in open_ones)
        case SuspicionDismissed(suspicion=found) | SuspicionCleared(suspicion=found):
            return tuple(each for each in open_ones if each.id != found)
        case _:
            return open_ones


def none_is_open(open_ones: Iterable[Suspicion]) -> None:
    """Let an approval pass. Refused: papers-suspicious, with each paper and how it is settled."""
    blocking = list(open_ones)
    if not blocking:
        return
    said = "; ".join(f"{each.paper} {each.number} ({each.stage}): {HOW[each.stage].format(by=each.by)}"
                     for each in blocking)  # fmt: skip
    raise Refused(
        "papers-suspicious", f"No approval while papers are suspicious. {said}.",
        suspicions=[{"id": each.id, "paper": each.paper, "number": each.number, "stage": each.stage}
                    for each in blocking],
    )  # fmt: skip
