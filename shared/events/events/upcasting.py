"""Older versions of an event are read as the current one: an upcaster lifts the data by one version."""

from collections.abc import Callable
from typing import Any

from events.unreadable import Undecodable, UnknownVersion

Data = dict[str, Any]
Upcaster = Callable[[Data, Data], Data]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}


def upcast(type_name: str, *, from_version: int) -> Callable[[Upcaster], Upcaster]:
    """Declare the function that lifts `data` of a type from one version to the next.

    It gets the data and the whole document and returns new data; it must be pure and change neither.
    """

    def declare(function: Upcaster) -> Upcaster:
        if (type_name, from_version) in UPCASTERS:
            raise TypeError(f"{type_name} is lifted from version {from_version} twice")
        UPCASTERS[type_name, from_version] = function
        return function

    return declare


def lift(type_name: str, version: int, current: int, data: Data, document: Data) -> Data:
    """Data of `version` as data of `current`.

    Raises UnknownVersion where no upcaster leads there, Undecodable where one fails.
    """
    if version > current:
        raise UnknownVersion(f"{type_name} version {version} is newer than {current}, the newest this release knows")
    for step in range(version, current):
        function = UPCASTERS.get((type_name, step))
        if function is None:
            raise UnknownVersion(f"{type_name} version {version}: nothing lifts version {step} to {step + 1}")
        try:
            data = function(data, document)
        except Exception as error:
            raise Undecodable(f"{type_name} version {step} cannot be lifted: {error!r}") from error
    return data
