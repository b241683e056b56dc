"""Step one of an approval: a branch proposes a dealer into its own territory, or hands a returned file in again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from customer_registry.api.shapes import DealerFile, ReferenceGiven, TermsGiven, file_of
from customer_registry.domain import territory
from customer_registry.domain.command import OwnCode
from customer_registry.domain.dealer import DEALER
from customer_registry.domain.submission import SubmitDealer
from events.decider import Refused
from events.fields import Amount, Name, Said
from events.types.customer_registry import ChannelLevel, ChecklistItem, Cooperation
from service.context import Write, WriteContext
from service.routing import Router
from service.scope import require_dealer_in_scope, require_place_in_scope

router = Router("dealers")
TRADES = frozenset({"active", "suspended"})


class Submission(BaseModel):
    """A dealer as it is proposed; branch and region are those of the territory."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    territory: OwnCode
    channel_level: ChannelLevel
    cooperation: Cooperation
    supplier: UUID | None = None
    county: Name | None = None
    country: Name | None = None
    references: Annotated[list[ReferenceGiven], Field(max_length=20)] = []
    terms: TermsGiven
    forecast_monthly_sales: Amount
    waiver: Said | None = None
    checklist: dict[ChecklistItem, Annotated[int, Field(ge=0, le=5)]] | None = None


@router.post("/dealers", permission="dealer.submit", answers=DealerFile,
             problems=("unknown-territory", "unknown-supplier", "musts-not-met"))  # fmt: skip
async def submit_dealer(body: Submission, write: Write) -> Response:
    """Propose a dealer; its id is that of this request's command, so a repeat is the same dealer."""
    dealer = write.command()
    command = await proposed(write, dealer, body)
    written = await write.handle(DEALER, str(dealer), command, expected=0)
    return write.answer(written, file_of(dealer, written.state), location=f"/dealers/{dealer}")


@router.post("/dealers/{dealer}/submit", permission="dealer.submit", answers=DealerFile, edits=True, status=200,
             problems=("unknown-territory", "unknown-supplier", "musts-not-met", "stage-wrong"))  # fmt: skip
async def submit_again(dealer: UUID, body: Submission, write: Write) -> Response:
    """Hand a returned file in again, with what had to change."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
    command = await proposed(write, dealer, body)
    written = await write.handle(DEALER, str(dealer), command)
    return write.answer(written, file_of(dealer, written.state))


async def proposed(write: WriteContext, dealer: UUID, body: Submission) -> SubmitDealer:
    """The command of a submission; refuses a territory that is unknown or not the caller's, and an unknown supplier."""
    place, _ = await write.runtime.log.state(territory.TERRITORY, territory.key(body.territory))
    code = body.territory if place.name else None
    require_place_in_scope(
        write.caller, territory=code, branch=place.branch if code else None, region=place.region if code else None
    )
    if code is None:
        raise Refused("unknown-territory", f"there is no territory {body.territory}: define it first")
    if body.supplier is not None:
        supplier, _ = await write.runtime.log.state(DEALER, str(body.supplier))
        if supplier.stage not in TRADES:
            raise Refused("unknown-supplier", f"no dealer {body.supplier} is onboarded: onboard the supplier first")
    return SubmitDealer(
        **body.model_dump(exclude={"supplier"}),
        supplier=None if body.supplier is None else str(body.supplier),
        dealer=str(dealer),
        branch=place.branch,
        region=place.region,
        by=write.caller.login,
    )
