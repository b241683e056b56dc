"""A question that cannot be answered, said in the reader's language: the message and its values stay apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.problems import Problem


class Wrong(Problem):
    """A problem whose detail is a message of the catalogue; JSON says it in English, with `members` beside it."""

    def __init__(self, code: str, message: str, *, members: Mapping[str, Any] | None = None, **values: Any) -> None:
        super().__init__(code, message % values, **members or {})
        self.message, self.values = message, values
