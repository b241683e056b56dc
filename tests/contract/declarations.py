"""What the four services really declare, collected from their own tables and reactions."""

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from typing import Any

from events.catalogue import OWNERS
from events.consumers import Consumption, consumption

PLACES = (("projections", "TABLES"), ("reactions", "REACTIONS"))


def declared_consumers(services: Iterable[str] = OWNERS) -> list[Consumption]:
    """One consumption a service, of all that its projections and reactions use; who uses nothing is left out."""
    collected = [consumption(service, _declared(service.replace("-", "_"))) for service in services]
    return [each for each in collected if each.types]


def _declared(package: str) -> list[Mapping[str, Any]]:
    """What `<package>.projections.TABLES` and `<package>.reactions.REACTIONS` consume, as far as there are such."""
    return [
        each.consumes
        for module, name in PLACES
        if importlib.util.find_spec(f"{package}.{module}")
        for each in _each(getattr(importlib.import_module(f"{package}.{module}"), name))
    ]


def _each(declared: Any) -> Iterable[Any]:
    return declared.values() if isinstance(declared, Mapping) else declared
