"""What a branch sales manager hands in to propose a dealer, and whether the selection checklist allows it.

Source: domain.md 1.1. The musts are distribution capability, capital strength and willingness, each at least 3 of 5,
and the legal papers complete, which we read as at least 3 too; without them, or without a checklist, a waiver names
the reason.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
from pydantic import Field

from events.decider import Refused
from events.fields import Amount, Code, Id, Name, PaymentTerms, Said
from events.types.customer_registry import ChannelLevel, ChecklistItem, Cooperation, DealerSubmitted, Reference, Terms

from .command import Command, OwnCode

LEAST_SCORE = 3
MUSTS: tuple[ChecklistItem, ...] = ("distribution_capability", "capital_strength", "willingness", "legal_papers")


class SubmitDealer(Command):
    """Propose a dealer, or hand in again what was returned. `forecast_monthly_sales` in the installation's currency."""

    dealer: Id
    name: Name
    territory: OwnCode
    branch: OwnCode
    region: OwnCode
    channel_level: ChannelLevel
    cooperation: Cooperation
    supplier: Id | None = None
    county: Name | None = None
    country: Name | None = None
    references: Annotated[tuple[Reference, ...], Field(max_length=20)] = ()
    terms: Terms
    forecast_monthly_sales: Amount
    waiver: Said | None = None
    checklist: dict[ChecklistItem, Annotated[int, Field(ge=0, le=5)]] | None = None
    by: Code


class Agreed(msgspec.Struct, frozen=True):
    """Terms of payment as proposed."""

    method: PaymentTerms
    term_days: int


class Known(msgspec.Struct, frozen=True):
    """The number under which a source system knows the dealer."""

    source: str
    number: str


class Proposal(msgspec.Struct, frozen=True):
    """The dealer as it was proposed, and by whom: what an approval turns into `DealerOnboarded`."""

    name: str
    territory: str
    branch: str
    region: str
    channel_level: ChannelLevel
    cooperation: Cooperation
    supplier: str | None
    county: str | None
    country: str | None
    references: tuple[Known, ...]
    terms: Agreed
    forecast_monthly_sales: Decimal
    submitted_by: str


def submitted(command: SubmitDealer) -> DealerSubmitted:
    """The submission as an event. Refused: supplier-itself, reference-repeated, musts-not-met."""
    if command.supplier == command.dealer:
        raise Refused("supplier-itself", "a dealer does not supply itself: name the one above it, or none")
    if len({(each.source, each.number) for each in command.references}) < len(command.references):
        raise Refused("reference-repeated", "a reference is given twice: name each number once")
    lacking = [item for item in MUSTS if (command.checklist or {}).get(item, 0) < LEAST_SCORE]
    if lacking and command.waiver is None:
        raise Refused(
            "musts-not-met",
            f"score {', '.join(lacking)} with at least {LEAST_SCORE} each, or give a waiver with its reason",
            items=lacking,
        )
    members = {name: value for name, value in command if name not in ("dealer", "by")}
    return DealerSubmitted(**members, submitted_by=command.by)


def proposal(event: DealerSubmitted) -> Proposal:
    """What was proposed, without the checklist that let it pass."""
    return msgspec.convert(event.model_dump(mode="python"), Proposal)
