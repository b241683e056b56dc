"""What every command of tiering has in common."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Today = Annotated[date, Field(exclude=True)]
"""The business date on which a command is handled: an argument of the rule, no part of the request or of its hash."""


class Command(BaseModel):
    """A wish, checked for shape and range; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
