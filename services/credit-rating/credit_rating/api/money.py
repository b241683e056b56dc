"""Money as it is answered: two decimals, whatever it was computed from."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator

from rules.money import rounded

Money = Annotated[Decimal, AfterValidator(rounded)]
"""Half up, to 2 places (domain.md 0)."""
