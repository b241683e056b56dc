"""Input models: what is not known is refused."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Closed(BaseModel):
    """A body or a row, frozen; unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
