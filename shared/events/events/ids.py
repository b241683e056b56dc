"""Identity: time-ordered ids, ids derived from what causes them, and the hash that tells a repeat from a collision."""

import os
import time
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from threading import Lock
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel

HASH_VERSION = 1
_lock = Lock()
_last = 0
_AS_IT_IS = {type(None), bool, int, str}
REQUIRED = object()
_encode = msgspec.json.Encoder(order="sorted").encode


def uuid7() -> UUID:
    """A UUIDv7 greater than every one this process made before, also within a millisecond or when the clock steps back.

    RFC 9562: 48 bits of milliseconds, 12 of their fraction (method 3), 62 random.
    """
    global _last
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    ticks = (milliseconds << 12) | (nanoseconds << 12) // 1_000_000
    with _lock:
        _last = ticks = max(ticks, _last + 1)
    random = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=(ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | random)


def _uuid8(purpose: str, parts: Iterable[Any]) -> UUID:
    digest = sha256(canonical([purpose, *parts])).digest()
    bits = int.from_bytes(digest[:16]) & ~(0xF << 76) & ~(0b11 << 62)
    return UUID(int=bits | 0x8 << 76 | 0b10 << 62)


def command_id(*parts: Any) -> UUID:
    """A command's id from what identifies it: (caller, route, key), (source, kind, number) or (cause, reaction)."""
    return _uuid8("command", parts)


def event_id(*parts: Any) -> UUID:
    """An event's id derived from its cause: (cause, reaction, n), or (run, dealer, n) within a run."""
    return _uuid8("event", parts)


def canonical(value: Any) -> bytes:
    """The one JSON form of a value: names sorted, a model's defaults left out, decimals without trailing zeros.

    Raises TypeError for a float and for what has no form in JSON.
    """
    return _encode(_plain(value))


def request_hash(request: BaseModel | dict[str, Any]) -> bytes:
    """32 bytes that tell a repeat from a collision: a version byte, then 31 bytes of the canonical form's SHA-256."""
    return bytes((HASH_VERSION,)) + sha256(canonical(request)).digest()[:31]


def _plain(value: Any) -> Any:
    if type(value) in _AS_IT_IS:
        return value
    match value:
        case BaseModel():
            given = value.__dict__
            return {name: _plain(given[name]) for name, default in _defaults(type(value)) if given[name] != default}
        case str() | int():  # an enumeration's members, too
            return str.__str__(value) if isinstance(value, str) else int(value)
        case Decimal():
            return _plain_decimal(value)
        case date() | UUID():
            return value.isoformat() if isinstance(value, date) else str(value)
        case dict():
            return {_name(name): _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case set() | frozenset():
            return sorted(_plain(each) for each in value)
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form; a decimal is never a float")


@cache
def _defaults(model: type[BaseModel]) -> list[tuple[str, Any]]:
    """A model's fields with what leaves them out: their default, or for a required one nothing."""
    return [
        (name, REQUIRED if field.is_required() else field.get_default(call_default_factory=True, validated_data={}))
        for name, field in model.model_fields.items()
    ]


def _plain_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise TypeError(f"{value} has no canonical form")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _name(name: Any) -> str:
    if not isinstance(name, str | int) or isinstance(name, bool):
        raise TypeError(f"{name!r} cannot name a member")
    return str(name)
