"""The basic card (客户资料卡): revised in part, every revision kept (domain.md 1.2)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from customer_registry.api.approval import in_scope
from customer_registry.api.shapes import decoded
from customer_registry.domain.basic_card import ReviseBasicCard
from customer_registry.domain.dealer import DEALER
from events.fields import Code, Name, PastDay, Text
from service.context import Read, Write
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("cards")
VERSION = "select name, version from dealer where dealer = $1"
REVISIONS = """
select revised_on, by, changed, "values", event, recorded_at from card_revision where dealer = $1 order by sequence
"""


class CardRevision(BaseModel):
    """Fields to set; one that is null is emptied, one that is not given stays. `floor_area` in square metres."""

    model_config = {"extra": "forbid"}
    name: Name | None = None
    aliases: Annotated[list[Name], Field(max_length=20)] | None = None
    address: Text | None = None
    postcode: Code | None = None
    phones: Annotated[list[Code], Field(max_length=20)] | None = None
    fax: Code | None = None
    floor_area: Annotated[int, Field(ge=0, le=10**7)] | None = None
    legal_representative: Name | None = None
    owner: Name | None = None
    operator: Name | None = None
    founded_on: PastDay | None = None
    tax_id: Code | None = None
    bank: Name | None = None
    bank_account: Code | None = None
    business_scope: Text | None = None
    brands: Annotated[list[Name], Field(max_length=100)] | None = None
    settlement: Text | None = None
    delivery: Text | None = None
    after_sales: Text | None = None
    first_contact_on: PastDay | None = None
    first_contact_by: Name | None = None
    owner_group: Name | None = None


class CardView(BaseModel):
    """The filled fields of a card."""

    id: UUID
    card: dict[str, Any]


class RevisionView(BaseModel):
    """One revision: who, when, and what it set."""

    event: UUID
    revised_on: date
    by: str
    values: dict[str, Any]


class CardHistory(CardView):
    """A card with its revisions, oldest first."""

    revisions: list[RevisionView]


@router.post("/dealers/{dealer}/card", permission="card.revise", answers=CardView, edits=True, status=200,
             problems=("stage-wrong", "card-unchanged", "name-emptied"))  # fmt: skip
async def revise_card(dealer: UUID, body: CardRevision, write: Write) -> Response:
    """Set the fields that are given."""
    await in_scope(write, dealer)
    command = ReviseBasicCard(by=write.caller.login, **body.model_dump(exclude_unset=True))
    written = await write.handle(DEALER, str(dealer), command)
    return write.answer(written, CardView(id=dealer, card=written.state.card))


@router.get("/dealers/{dealer}/card", permission="dealer.read", answers=CardHistory)
async def read_card(dealer: UUID, read: Read) -> CardHistory:
    """The card as it is, how it came to be so, and the file's version as ETag."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        row = await conn.fetchrow(VERSION, dealer)
        rows = [decoded(each, "changed", "values") for each in await conn.fetch(REVISIONS, dealer)]
    card: dict[str, Any] = {}
    for each in rows:
        card |= each["values"]
    read.etag(row["version"])
    filled = {"name": row["name"]} | {name: value for name, value in card.items() if value is not None}
    return CardHistory(id=dealer, card=filled, revisions=[RevisionView.model_validate(each) for each in rows])
