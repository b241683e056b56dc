"""A question that cannot be answered, said in the reader's language: the message and its values stay apart."""

from __future__ import annotations

from typing import Any

from service.problems import Problem


class Wrong(Problem):
    """A problem whose detail is a message of the catalogue; JSON says it in English."""

    def __init__(self, code: str, message: str, **values: Any) -> None:
        super().__init__(code, message % values)
        self.message, self.values = message, values
