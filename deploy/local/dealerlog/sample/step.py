"""A write to one of the services' APIs, as the network yields it and the loader sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dealerlog.sample.organisation import Person

Json = dict[str, Any]
REGISTRY, CREDIT, TIERING = "customer-registry", "credit-rating", "tiering"


@dataclass(frozen=True, slots=True)
class IdOf:
    """Stands in a path as `{dealer}` or in a body for the id that the registry gave to a dealer of this ERP number."""

    number: str


@dataclass(frozen=True, slots=True)
class Step:
    """One write.

    `key` is its Idempotency-Key, the same at every load. `thing` names what is edited, so that its last ETag can go
    back as If-Match; `rows` is the NDJSON of a bulk write, `body` the JSON of a single one. `dealer` fills `{dealer}`
    in the path, `names` says that the answer's id is that dealer's.
    """

    service: str
    method: str
    path: str
    actor: Person
    key: str
    body: Json | None = None
    rows: tuple[Json, ...] = ()
    thing: str = ""
    dealer: str = ""
    names: bool = False
