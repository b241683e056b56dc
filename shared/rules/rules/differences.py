"""Where two JSON documents differ: the path of each value, as it was and as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """A value at a path (members and places joined by points); None where one of the documents has none."""

    path: str
    old: Any
    new: Any


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """Every value that differs, in the order of the members' names."""
    match old, new:
        case dict(), dict():
            for name in sorted(old.keys() | new.keys()):
                yield from differences(old.get(name), new.get(name), f"{path}.{name}" if path else name)
        case list(), list() if len(old) == len(new):
            for place, pair in enumerate(zip(old, new, strict=True)):
                yield from differences(*pair, f"{path}.{place}" if path else str(place))
        case _ if type(old) is not type(new) or old != new:  # to Python, false is 0
            yield Difference(path, old, new)
