"""The document: CloudEvents 1.0 JSON, written once, then stored, published and hashed as the same bytes."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from pydantic import BaseModel, ValidationError

from events.catalogue import EVENT_TYPES, Event, EventType
from events.fields import READING
from events.unreadable import BROKEN, Undecodable, UnknownType
from events.upcasting import lift
from events.wording import legible

LIMIT = 60 * 1024


class Cause(NamedTuple):
    """The event that a reaction answered: its service, partition and sequence."""

    source: str
    partition: int
    sequence: int


class Imported(NamedTuple):
    """Where an event came from: the import's id and the file's row, counted from 1."""

    id: str
    row: int


class Document(msgspec.Struct, frozen=True):
    """The members of the document in their fixed order; an optional one is left out where there is nothing to say."""

    specversion: Literal["1.0"]
    id: UUID | str
    source: str
    type: str
    subject: str
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    datacontenttype: Literal["application/json"]
    schemaversion: int
    actor: str
    businessdate: date
    correlationid: str
    causesource: str | UnsetType = UNSET
    causepartition: int | UnsetType = UNSET
    causesequence: int | UnsetType = UNSET
    traceparent: str | UnsetType = UNSET
    importid: str | UnsetType = UNSET
    importrow: int | UnsetType = UNSET
    data: Any = None


class Read(Document, frozen=True, kw_only=True):
    """A document as it is read: data stay bytes until the type is known."""

    id: str
    data: msgspec.Raw


class Recorded(NamedTuple):
    """A document read in full: the event in its current version, and what the envelope says of it."""

    type: str
    schemaversion: int
    id: str
    subject: str
    businessdate: date
    actor: str
    event: Event
    source: str
    time: datetime
    correlationid: str
    cause: Cause | None = None
    imported: Imported | None = None
    traceparent: str | None = None


class DocumentTooLarge(ValueError):
    """The document has more than 60 KiB."""


def _members(part: Any) -> Any:
    if isinstance(part, BaseModel):
        return part.__dict__
    raise TypeError(f"{type(part).__name__} has no place in an event")


_encode = msgspec.json.Encoder(enc_hook=_members).encode
_decoder = msgspec.json.Decoder(Read)


def encode(
    event: Event,
    *,
    id: UUID | str,
    subject: str,
    time: datetime,
    actor: str,
    business_date: date,
    correlation: str,
    cause: Cause | None = None,
    traceparent: str | None = None,
    imported: Imported | None = None,
) -> bytes:
    """The document of an event, member order fixed; raises DocumentTooLarge above 60 KiB, ValueError for a naive time.

    Nothing is validated again: what `model_construct` built must hold what its fields say, nested parts as models.
    """
    if time.tzinfo is None:
        raise ValueError(f"{time} says no time zone")
    kind = event.event_type
    source, partition, sequence = cause if cause else (UNSET, UNSET, UNSET)
    importid, row = imported if imported else (UNSET, UNSET)
    document = _encode(
        Document(
            "1.0",
            id,
            f"/{kind.owner}",
            kind.name,
            subject,
            time,
            "application/json",
            kind.version,
            actor,
            business_date,
            correlation,
            source,
            partition,
            sequence,
            traceparent or UNSET,
            importid,
            row,
            event.__dict__,
        )
    )
    if len(document) > LIMIT:
        raise DocumentTooLarge(f"{kind.name} of {subject} has {len(document)} bytes; a document has at most {LIMIT}")
    return document


def decode(document: bytes) -> Recorded:
    """A document in full, lifted to the current version of its type.

    Raises Undecodable, UnknownType or UnknownVersion, all of them Unreadable.
    """
    document = legible(document)
    try:
        read = _decoder.decode(document)
    except BROKEN as error:
        raise Undecodable(f"no document: {error}") from error
    kind = EVENT_TYPES.get(read.type)
    if kind is None or read.source != f"/{kind.owner}":
        raise UnknownType(f"{read.type} from {read.source} is in no catalogue")
    return Recorded(
        read.type,
        read.schemaversion,
        read.id,
        read.subject,
        read.businessdate,
        read.actor,
        _event(kind, read, document),
        read.source[1:],
        read.time,
        read.correlationid,
        Cause(read.causesource, read.causepartition, read.causesequence)  # type: ignore[arg-type]
        if read.causesource
        else None,
        Imported(read.importid, read.importrow) if read.importid else None,  # type: ignore[arg-type]
        read.traceparent or None,
    )


def _event(kind: EventType, read: Read, document: bytes) -> Event:
    try:
        if read.schemaversion == kind.version:
            return kind.model.model_validate_json(bytes(read.data), context=READING)
        data = msgspec.json.decode(read.data, type=dict[str, Any])
        lifted = lift(kind.name, read.schemaversion, kind.version, data, msgspec.json.decode(document))
        return kind.model.model_validate(lifted, context=READING)
    except (ValidationError, *BROKEN) as error:
        raise Undecodable(f"{kind.name} version {read.schemaversion}, id {read.id}: {error}") from error
