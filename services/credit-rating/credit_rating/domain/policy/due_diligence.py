"""When due diligence is asked for before credit is given or raised (domain.md 2.9 leaves the figures to the policy).

A policy without this section asks for none: absent means not asked (docs/adr, 0015).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .thresholds import MonthCount, Rule


class DueDiligenceRule(Rule):
    """Asked for a first limit, and a raise beyond so many percent (null: no raise); an approval counts for so long."""

    first_limit: bool = True
    raise_beyond_percent: Annotated[int, Field(ge=0, le=1000)] | None = 50
    valid_months: MonthCount = 24
