"""Owner groups: their names, whose orders are checked with which, and how many checks of each released an order.

Who belongs to a group is read from the orders' own streams and not from the registry's: a check that shows a dealer as
a member shows everything that the dealer's orders held when that began.
"""

from typing import Any

from eventlog.projection import Patch, StateTable, integer, text, uuid
from events import GroupChecksEnded, GroupChecksStarted, OrderCheckedWithGroup, OwnerGroupDefined

owner_group = StateTable("owner_group", key={"code": text}, columns={"name": text})
group_member = StateTable(
    "group_member",
    key={"dealer": uuid},
    columns={"owner_group": text},
    scope="dealer",
    indexes=[("owner_group", "dealer")],
)
group_check = StateTable("group_check", key={"owner_group": text}, columns={"checks": integer})


@owner_group.on(OwnerGroupDefined, uses=("code", "name"))
def defined(e: Any) -> Patch:
    """A group's name."""
    return Patch(key=(e.data.code,), set={"name": e.data.name})


@group_member.on(GroupChecksStarted, uses=("group",))
def joined(e: Any) -> Patch:
    """The dealer is of this group."""
    return Patch(key=(e.subject,), set={"owner_group": e.data.group})


@group_member.on(GroupChecksEnded, uses=("group",))
def left(e: Any) -> Patch:
    """The dealer is of none."""
    return Patch(key=(e.subject,), set={"owner_group": None})


@group_check.on(OrderCheckedWithGroup, uses=("group", "check"), adds=("checks",))
def released(e: Any) -> list[Patch]:
    """One more that released an order."""
    return [] if e.data.check is None else [Patch(key=(e.data.group,), add={"checks": 1})]
