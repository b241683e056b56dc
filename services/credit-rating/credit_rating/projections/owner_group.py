"""Owner groups: their names, whose orders are checked with which, and which checks of each released an order.

Who belongs to a group is read from the orders' own streams and not from the registry's: a check that shows a dealer as
a member shows everything that the dealer's orders held when that began.
"""

from typing import Any

from eventlog.projection import FactsTable, Patch, StateTable, bigint, text, uuid
from events import GroupChecksEnded, GroupChecksStarted, OrderCheckedWithGroup, OwnerGroupDefined

owner_group = StateTable("owner_group", key={"code": text}, columns={"name": text})
group_member = StateTable(
    "group_member",
    key={"dealer": uuid},
    columns={"owner_group": text},
    scope="dealer",
    indexes=[("owner_group", "dealer")],
)
group_check = FactsTable(
    "group_check", columns={"owner_group": text, "number": bigint}, indexes=[("owner_group", "number")]
)


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


@group_check.on(OrderCheckedWithGroup, uses=("group", "check"))
def released(e: Any) -> list[dict[str, Any]]:
    """One that released an order, by its number in the group."""
    return [] if e.data.check is None else [{"owner_group": e.data.group, "number": e.data.check}]
