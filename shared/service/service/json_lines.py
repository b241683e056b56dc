"""On which line of a JSON text each value stands, so that an error can name it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


class NotReadable(ValueError):
    """What is no JSON, or says a member twice: `line`, and `path` if one can be named."""

    def __init__(self, problem: str, line: int, path: str = "") -> None:
        super().__init__(problem)
        self.line, self.path = line, path


def read(text: str) -> tuple[Any, dict[str, int]]:
    """The document of a text, its numbers exact, and the line (from 1) of each path: members and places by points."""
    try:
        document = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise NotReadable(error.msg, error.lineno) from None
    except (RecursionError, ValueError):
        raise NotReadable("nested too deeply, or a number of too many digits", 1) from None
    return document, lines_of(text)


def lines_of(text: str) -> dict[str, int]:
    """Path → line, of a text that is JSON. Raises `NotReadable` for a member that is said twice."""
    lines: dict[str, int] = {"": 1}
    inside: list[_Container] = []
    line, at = 1, 0
    for token in TOKEN.finditer(text):
        line += text.count("\n", at, token.start())
        at, said = token.start(), token[0]
        here = inside[-1] if inside else None
        if said in "}]":
            inside.pop()
        elif said == "," and here:
            here.next()
        elif said == ":" and here:
            here.named = True
        elif here and here.wants_name:
            here.name = json.loads(said)
            if here.path in lines:
                raise NotReadable("this member is there twice", line, here.path)
            lines[here.path] = line
        else:
            path = here.path if here else ""
            lines.setdefault(path, line)
            if said in "{[":
                inside.append(_Container(path, said == "{"))
    return lines


class _Container:
    """An object or array that is being read: where it stands and which of its members comes next."""

    def __init__(self, path: str, has_names: bool) -> None:
        self._path, self._has_names, self._place = path, has_names, 0
        self.name, self.named = "", False

    @property
    def wants_name(self) -> bool:
        return self._has_names and not self.named

    @property
    def path(self) -> str:
        last = self.name if self._has_names else str(self._place)
        return f"{self._path}.{last}" if self._path else last

    def next(self) -> None:
        self._place, self.named = self._place + 1, False


def line_at(lines: dict[str, int], path: str) -> int:
    """The line of a value, or of the nearest thing around it that the text has."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 1)
