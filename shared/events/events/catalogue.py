"""The catalogue says of every event type who owns it, in which stream it lives and at which version it stands.

A type is declared by its class alone: the class keywords enter it into `EVENT_TYPES`, from which schemas, readers,
AsyncAPI documents and consumers' contracts are generated.
"""

from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

Kind = Literal["edited", "facts"]


class EventType(NamedTuple):
    """One line of the catalogue: type name, owning service, current version, model, stream category and its kind."""

    name: str
    owner: str
    version: int
    model: "type[Event]"
    stream: str
    kind: Kind


EVENT_TYPES: dict[str, EventType] = {}
STREAMS: dict[str, dict[str, Kind]] = {}
OWNERS = ("customer-registry", "credit-rating", "tiering", "reporting")


def streams(owner: str, categories: dict[str, Kind]) -> dict[str, Kind]:
    """Declare the stream categories of one owner: *edited* has dense versions, *facts* is only added to."""
    if owner not in OWNERS:
        raise TypeError(f"{owner} is not a service: expected one of {', '.join(OWNERS)}")
    if owner in STREAMS:
        raise TypeError(f"the streams of {owner} are declared twice")
    return STREAMS.setdefault(owner, categories)


class Part(BaseModel):
    """A value inside an event: frozen, and tolerant of members that a later version adds."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_serialization_defaults_required=True)


class Event(BaseModel):
    """What happened, as its owner says it: frozen, and tolerant of members that a later version adds.

    Subclasses declare by class keywords: ``class InvoiceIssued(Event, owner="credit-rating", stream="ledger")``.
    A class without an owner is a shape that several types share, and no type itself.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_serialization_defaults_required=True)
    event_type: ClassVar[EventType]

    @classmethod
    def __pydantic_init_subclass__(cls, owner: str = "", stream: str = "", version: int = 1, **keywords: Any) -> None:
        super().__pydantic_init_subclass__(**keywords)
        if not owner:
            return
        kind = STREAMS.get(owner, {}).get(stream)
        if kind is None:
            raise TypeError(f"{cls.__name__}: {owner} declares no stream category {stream!r}")
        if cls.__name__ in EVENT_TYPES:
            raise TypeError(f"{cls.__name__} is declared twice; a type name belongs to one owner")
        cls.event_type = EventType(cls.__name__, owner, version, cls, stream, kind)
        EVENT_TYPES[cls.__name__] = cls.event_type

    def __init_subclass__(cls, owner: str = "", stream: str = "", version: int = 1, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)


def published_by(owner: str) -> list[EventType]:
    """The types that one service owns, by name."""
    return sorted((each for each in EVENT_TYPES.values() if each.owner == owner), key=lambda each: each.name)
