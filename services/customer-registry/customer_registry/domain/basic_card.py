"""The basic card (客户资料卡): a revision says what it sets, and the event what that changed (domain.md 1.2)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from events.decider import Refused
from events.fields import Code, Name, Text
from events.types.customer_registry import BasicCardRevised

from .command import Command

Card = dict[str, Any]
"""The card's filled fields by name, as JSON values; an empty field is absent."""


class ReviseBasicCard(Command):
    """Set the fields that are given, and empty those given as null. `floor_area` in square metres."""

    by: Code
    name: Name | None = None
    aliases: Annotated[tuple[Name, ...], Field(max_length=20)] | None = None
    address: Text | None = None
    postcode: Code | None = None
    phones: Annotated[tuple[Code, ...], Field(max_length=20)] | None = None
    fax: Code | None = None
    floor_area: Annotated[int, Field(ge=0, le=10**7)] | None = None
    legal_representative: Name | None = None
    owner: Name | None = None
    operator: Name | None = None
    founded_on: date | None = None
    tax_id: Code | None = None
    bank: Name | None = None
    bank_account: Code | None = None
    business_scope: Text | None = None
    brands: Annotated[tuple[Name, ...], Field(max_length=100)] | None = None
    settlement: Text | None = None
    delivery: Text | None = None
    after_sales: Text | None = None
    first_contact_on: date | None = None
    first_contact_by: Name | None = None
    owner_group: Name | None = None


def revised_card(card: Card, command: ReviseBasicCard) -> BasicCardRevised:
    """The revision as an event that names what changed. Refused: name-emptied, card-unchanged."""
    given = command.model_dump(mode="json", exclude_unset=True, exclude={"by"})
    if given.get("name", "") is None:
        raise Refused("name-emptied", "a dealer has a name: give another one, or leave it out")
    changed = tuple(sorted(field for field, value in given.items() if card.get(field) != value))
    if not changed:
        raise Refused("card-unchanged", "every field given is on the card already: change one, or leave it")
    return BasicCardRevised(changed=changed, by=command.by, **{field: getattr(command, field) for field in changed})


def card_after(card: Card, event: BasicCardRevised) -> Card:
    """The card with a revision applied."""
    values = event.model_dump(mode="json", include=set(event.changed))
    kept = {field: value for field, value in card.items() if field not in values}
    return kept | {field: value for field, value in values.items() if value is not None}
