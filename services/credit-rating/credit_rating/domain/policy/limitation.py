"""Limitation (诉讼时效): how long one can sue for a claim, and from when before its end one is warned (2.2)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .thresholds import Rule


class LimitationRule(Rule):
    """Years from the due date or the last restart; days before their end from which an invoice is listed."""

    years: Annotated[int, Field(ge=1, le=30)] = 3
    warn_days: Annotated[int, Field(ge=0, le=3650)] = 90
