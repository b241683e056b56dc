"""The register of securities (登记台帐): a row an entry, as it was last registered, valued, renewed or released."""

from typing import Any

from eventlog.projection import Patch, StateTable, day, integer, json, money, text, uuid
from events import SecurityExpired, SecurityRegistered, SecurityReleased, SecurityRenewed, SecurityRevalued

security = StateTable(
    "security",
    key={"dealer": uuid, "security": uuid},
    columns={
        "kind": text,
        "owner": text,
        "description": text,
        "value": money,
        "valued_on": day,
        "rank": integer,
        "registration": text,
        "registered_on": day,
        "expires_on": day,
        "guarantor": json,
        "file": text,
        "released_on": day,
        "released_because": text,
        "expiry_noticed_on": day,
    },
    scope="dealer",
    indexes=[("expires_on", "security")],
)
SAID = (
    "kind", "owner", "description", "value", "valued_on", "rank", "registration", "registered_on", "expires_on",
    "guarantor", "file",
)  # fmt: skip


@security.on(SecurityRegistered, uses=("security", *SAID), sets=SAID)
def registered(e: Any) -> Patch:
    """It secures through the day on which it expires."""
    return Patch(key=(e.subject, e.data.security), set={name: getattr(e.data, name) for name in SAID})


@security.on(
    SecurityRevalued, uses=("security", "value", "valued_on", "guarantor"), sets=("value", "valued_on", "guarantor")
)
def revalued(e: Any) -> Patch:
    """Another value; the guarantor only where it was assessed anew."""
    assessed = {"guarantor": e.data.guarantor} if e.data.guarantor else {}
    return Patch(
        key=(e.subject, e.data.security), set={"value": e.data.value, "valued_on": e.data.valued_on} | assessed
    )


@security.on(SecurityRenewed, uses=("security", "expires_on"))
def renewed(e: Any) -> Patch:
    """Until a later day."""
    return Patch(key=(e.subject, e.data.security), set={"expires_on": e.data.expires_on, "expiry_noticed_on": None})


@security.on(SecurityReleased, uses=("security", "released_on", "reason"))
def released(e: Any) -> Patch:
    """No more from that day on."""
    about = e.data
    return Patch(
        key=(e.subject, about.security), set={"released_on": about.released_on, "released_because": about.reason}
    )


@security.on(SecurityExpired, uses=("security",))
def expired(e: Any) -> Patch:
    """The clock gave notice."""
    return Patch(key=(e.subject, e.data.security), set={"expiry_noticed_on": e.businessdate})
