"""Input models: what is not known is refused, and text that no table could hold never becomes an event."""

from __future__ import annotations

from typing import Any
from unicodedata import category

from pydantic import BaseModel, ConfigDict, field_validator

LAYOUT = frozenset("\n\r\t")


class Closed(BaseModel):
    """A body or a row, frozen; unknown members, control characters and halves of characters are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _writable(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.isprintable() and any(map(_unwritable, value)):
            raise ValueError("text may not contain control characters")
        return value


def _unwritable(character: str) -> bool:
    return category(character) in {"Cc", "Cs"} and character not in LAYOUT
