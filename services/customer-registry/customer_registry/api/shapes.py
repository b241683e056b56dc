"""Parts that several bodies and answers of the registry share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from customer_registry.domain.dealer import Dealer, Stage
from events.fields import Code, Days, PaymentTerms

STATUS_OF: dict[Stage, str] = {"active": "onboarded"}
"""A stage of the file → what lists call it, where the two differ."""


class ReferenceGiven(BaseModel):
    """The number under which a source system knows the dealer."""

    model_config = ConfigDict(extra="forbid")
    source: Code
    number: Code


class ReferenceView(BaseModel):
    """The number under which a source system knows the dealer, as it was recorded."""

    source: str
    number: str


class TermsGiven(BaseModel):
    """Agreed terms of payment."""

    model_config = ConfigDict(extra="forbid")
    method: PaymentTerms
    term_days: Days


class DealerFile(BaseModel):
    """A dealer's file after a write, as its stream says it."""

    id: UUID
    status: str
    code: str | None
    name: str
    territory: str
    branch: str
    region: str
    channel_level: str
    cooperation: str
    supplier: UUID | None
    county: str | None
    country: str | None
    references: list[ReferenceView]
    terms: TermsGiven
    forecast_monthly_sales: Decimal
    submitted_by: str
    reviewed_by: str | None
    since: date | None
    owner_group: str | None


def file_of(dealer: UUID, state: Dealer) -> DealerFile:
    """The file of a dealer that was submitted at least."""
    proposed = state.proposal
    assert proposed is not None
    return DealerFile(
        id=dealer,
        status=STATUS_OF.get(state.stage, state.stage),
        code=state.code or None,
        name=state.card.get("name", proposed.name),
        territory=proposed.territory,
        branch=proposed.branch,
        region=proposed.region,
        channel_level=proposed.channel_level,
        cooperation=proposed.cooperation,
        supplier=UUID(proposed.supplier) if proposed.supplier else None,
        county=proposed.county,
        country=proposed.country,
        references=[ReferenceView(source=each.source, number=each.number) for each in proposed.references],
        terms=TermsGiven(method=proposed.terms.method, term_days=proposed.terms.term_days),
        forecast_monthly_sales=proposed.forecast_monthly_sales,
        submitted_by=proposed.submitted_by,
        reviewed_by=state.reviewed_by or None,
        since=state.since,
        owner_group=state.group or None,
    )


def decoded(row: Mapping[str, Any], *columns: str) -> dict[str, Any]:
    """A row with these JSON columns read."""
    values = dict(row)
    return values | {name: None if values[name] is None else json.loads(values[name]) for name in columns}
