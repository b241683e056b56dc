"""Owner groups: their names as they are now; who joined and left them, and their limits, as facts."""

from typing import Any

from eventlog.mapping import SUBJECT, Given, Same
from eventlog.projection import FactsTable, Patch, StateTable, boolean, day, money, text, uuid
from events import DealerJoinedGroup, DealerLeftGroup, GroupLimitEnded, GroupLimitSet, OwnerGroupDefined

owner_group = StateTable("owner_group", key={"code": text}, columns={"name": text})
group_member = FactsTable(
    "group_member",
    columns={"dealer": uuid, "owner_group": text, "joined": boolean, "effective_on": day},
    scope="dealer",
    indexes=[("dealer",), ("owner_group",)],
)
group_limit = FactsTable(
    "group_limit",
    columns={
        "owner_group": text,
        "kind": text,
        "limit": money,
        "first_day": day,
        "last_day": day,
        "reason": text,
        "by": text,
    },
    indexes=[("owner_group",)],
)


@owner_group.on(OwnerGroupDefined, uses=("code", "name"))
def named(e: Any) -> Patch:
    """An owner group (集团)."""
    return Patch(key=(e.data.code,), set={"name": e.data.name})


MOVED: dict[str, Given] = {"dealer": SUBJECT, "owner_group": "group", "effective_on": "on"}
group_member.copies(DealerJoinedGroup, **MOVED, joined=Same(True))
group_member.copies(DealerLeftGroup, **MOVED, joined=Same(False))
group_limit.copies(
    GroupLimitSet,
    owner_group="group",
    kind=Same("set"),
    limit="limit",
    first_day="first_day",
    last_day="last_day",
    reason="reason",
    by="by",
)
group_limit.copies(
    GroupLimitEnded, owner_group="group", kind=Same("ended"), first_day="ended_on", reason="reason", by="by"
)
