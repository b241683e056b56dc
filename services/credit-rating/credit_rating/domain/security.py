"""The securities of a dealer: the register (登记台帐) of mortgages, pledges and guarantees (domain.md 2.9).

A security secures from its registration through the day that it expires, by date; `SecurityExpired` is the notice. Its
registration number is held by one entry at a time, in the whole company: a claim.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from events import (
    Claims,
    Event,
    Guarantor,
    SecurityExpired,
    SecurityRegistered,
    SecurityReleased,
    SecurityRenewed,
    SecurityRevalued,
)
from events.decider import Decider, Refused
from events.types.standing import SecurityKind

MOST = 100


class Command(BaseModel):
    """What is asked of a dealer's securities."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RegisterSecurity(Command):
    """Enter one in the register."""

    security: str
    kind: SecurityKind
    owner: str
    description: str = ""
    value: Decimal = Field(gt=0)
    valued_on: date
    rank: int = 1
    registration: str
    expires_on: date
    guarantor: Guarantor | None = None
    file: str | None = None
    by: str
    today: date


class RevalueSecurity(Command):
    """It is worth another amount."""

    security: str
    value: Decimal = Field(gt=0)
    valued_on: date
    reason: str
    guarantor: Guarantor | None = None
    file: str | None = None
    by: str
    today: date


class RenewSecurity(Command):
    """It secures until a later day."""

    security: str
    expires_on: date
    reason: str
    by: str
    today: date


class ReleaseSecurity(Command):
    """It is given back."""

    security: str
    reason: str
    by: str
    today: date


class ExpireSecurity(Command):
    """From the clock, the day after the one that it knew as the last."""

    security: str
    expires_on: date
    today: date


SecurityCommand: TypeAlias = RegisterSecurity | RevalueSecurity | RenewSecurity | ReleaseSecurity | ExpireSecurity


class Entry(msgspec.Struct, frozen=True):
    """An entry that was not released."""

    kind: SecurityKind
    registration: str
    expires_on: date
    expiry_noticed: bool = False


class Securities(msgspec.Struct, frozen=True):
    """A dealer's entries by id."""

    entries: dict[str, Entry] = {}


def decide(held: Securities, command: SecurityCommand) -> list[Event]:
    """What happens on a command."""
    match command:
        case RegisterSecurity():
            _plausible(command.valued_on, command.today, command.guarantor)
            _guaranteed(command.kind, command.guarantor, required=True)
            if command.expires_on < command.today:
                raise Refused("dates-implausible", "It has expired already: correct the day on which it expires.")
            if len(held.entries) >= MOST:
                raise Refused("too-many-open", f"At most {MOST} securities of a dealer are held: release one first.")
            return [SecurityRegistered(**command.model_dump(exclude={"today"}), registered_on=command.today)]
        case RevalueSecurity():
            _plausible(command.valued_on, command.today, command.guarantor)
            _guaranteed(_entry(held, command.security).kind, command.guarantor, required=False)
            return [SecurityRevalued(**command.model_dump(exclude={"today"}))]
        case RenewSecurity(security=security, expires_on=until):
            if until <= max(_entry(held, security).expires_on, command.today - timedelta(days=1)):
                raise Refused(
                    "dates-implausible", "A renewal lasts longer than what it renews, and until today at least."
                )
            return [SecurityRenewed(**command.model_dump(exclude={"today"}))]
        case ReleaseSecurity(security=security, reason=reason, by=by, today=today):
            number = _entry(held, security).registration
            return [SecurityReleased(security=security, registration=number, released_on=today, reason=reason, by=by)]
        case ExpireSecurity(security=security, expires_on=until, today=today):
            entry = held.entries.get(security)
            due = entry and entry.expires_on == until < today and not entry.expiry_noticed
            return [SecurityExpired(security=security, expires_on=until)] if due else []


def _entry(held: Securities, security: str) -> Entry:
    if security not in held.entries:
        raise Refused("security-not-held", "This dealer has no such security in the register: read its list.")
    return held.entries[security]


def _plausible(valued_on: date, today: date, guarantor: Guarantor | None) -> None:
    if max(valued_on, guarantor.assessed_on if guarantor else valued_on) > today:
        raise Refused("dates-implausible", "A valuation or assessment is of today or before: correct its day.")


def _guaranteed(kind: SecurityKind, guarantor: Guarantor | None, *, required: bool) -> None:
    if kind != "guarantee" and guarantor:
        raise Refused("guarantor-misplaced", "Only a guarantee has a guarantor: leave it out.")
    if kind == "guarantee" and required and not guarantor:
        raise Refused("guarantor-missing", "Say the guarantor's standing and capacity, and when they were assessed.")


def evolve(held: Securities, event: Any) -> Securities:
    """What is then so."""
    match event:
        case SecurityRegistered():
            return _with(held, event.security, Entry(event.kind, event.registration, event.expires_on))
        case SecurityRenewed():
            entry = held.entries[event.security]
            return _with(held, event.security, Entry(entry.kind, entry.registration, event.expires_on))
        case SecurityExpired():
            noticed = msgspec.structs.replace(held.entries[event.security], expiry_noticed=True)
            return _with(held, event.security, noticed)
        case SecurityReleased():
            return Securities({name: entry for name, entry in held.entries.items() if name != event.security})
        case _:
            return held


def _with(held: Securities, security: str, entry: Entry) -> Securities:
    return Securities(held.entries | {security: entry})


def claims(event: Event) -> Claims:
    """A registration number is held by one entry until that is released."""
    match event:
        case SecurityRegistered(registration=number):
            return Claims(take=(f"security-registration:{number}",))
        case SecurityReleased(registration=number):
            return Claims(release=(f"security-registration:{number}",))
        case _:
            return Claims()


SECURITY = Decider(
    owner="credit-rating", category="security", state=Securities, decide=decide, evolve=evolve, claims=claims
)
