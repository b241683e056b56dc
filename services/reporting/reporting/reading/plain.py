"""Decimals as JSON says them: all digits, never an exponent (1.2E+5 is 120000)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainSerializer


def plain_text(number: Decimal) -> str:
    """The number with the decimals it has."""
    return format(number, "f")


Figure = Annotated[Decimal, PlainSerializer(plain_text, return_type=str, when_used="json")]
"""A decimal in an answer."""


def plain(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """A row with its decimals as text."""
    if row is None:
        return None
    return {name: plain_text(value) if isinstance(value, Decimal) else value for name, value in row.items()}
