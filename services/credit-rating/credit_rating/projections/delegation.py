"""Who may act for an absent approver, in which role and scope, and on which days.

It names no dealer; why somebody is absent is nobody's concern but theirs, their deputy's and that of whoever sees the
place: `branch` or `region` is the place again, for row-level security.
"""

from typing import Any

from eventlog.projection import PEOPLE, Patch, StateTable, boolean, day, text, uuid
from events import ApprovalDelegated, DelegationRevoked

delegation = StateTable(
    "delegation",
    key={"delegation": uuid},
    columns={
        "role": text,
        "reach": text,
        "code": text,
        "branch": text,
        "region": text,
        "by": text,
        "to": text,
        "first_day": day,
        "last_day": day,
        "reason": text,
        "revoked": boolean,
        "revoked_because": text,
    },
    scope=PEOPLE,
    indexes=[("to", "last_day")],
)
STREAM = "delegation-"
FIELDS = ("role", "reach", "code", "by", "to", "first_day", "last_day", "reason")


@delegation.on(ApprovalDelegated, uses=FIELDS, sets=(*FIELDS, "branch", "region", "revoked"))
def delegated(e: Any) -> Patch:
    """From its first to its last day."""
    of = {name: getattr(e.data, name) for name in FIELDS}
    place = {reach: e.data.code if e.data.reach == reach else None for reach in ("branch", "region")}
    return Patch(key=(e.subject.removeprefix(STREAM),), set=of | place | {"revoked": False})


@delegation.on(DelegationRevoked, uses=("reason",))
def revoked(e: Any) -> Patch:
    """It ended early."""
    return Patch(key=(e.subject.removeprefix(STREAM),), set={"revoked": True, "revoked_because": e.data.reason})
