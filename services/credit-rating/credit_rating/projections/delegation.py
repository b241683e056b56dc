"""Who may act for an absent approver, in which role and scope, and on which days. It names no dealer."""

from typing import Any

from eventlog.projection import Patch, StateTable, boolean, day, text, uuid
from events import ApprovalDelegated, DelegationRevoked

delegation = StateTable(
    "delegation",
    key={"delegation": uuid},
    columns={
        "role": text,
        "reach": text,
        "code": text,
        "by": text,
        "to": text,
        "first_day": day,
        "last_day": day,
        "reason": text,
        "revoked": boolean,
        "revoked_because": text,
    },
    indexes=[("to", "last_day")],
)
STREAM = "delegation-"
FIELDS = ("role", "reach", "code", "by", "to", "first_day", "last_day", "reason")


@delegation.on(ApprovalDelegated, uses=FIELDS, sets=(*FIELDS, "revoked"))
def delegated(e: Any) -> Patch:
    """From its first to its last day."""
    of = {name: getattr(e.data, name) for name in FIELDS}
    return Patch(key=(e.subject.removeprefix(STREAM),), set=of | {"revoked": False})


@delegation.on(DelegationRevoked, uses=("reason",))
def revoked(e: Any) -> Patch:
    """It ended early."""
    return Patch(key=(e.subject.removeprefix(STREAM),), set={"revoked": True, "revoked_because": e.data.reason})
