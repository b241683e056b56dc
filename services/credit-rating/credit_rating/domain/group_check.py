"""The check of an order against its dealer's owner group, beside the dealer's own (domain.md 2.7).

Exposure of a group = sum of its dealers' exposures. A prepaid order rests on the dealer's own money, unless that money
already carries released orders of the group beyond its limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from events import HoldReason, OrderCheckedWithGroup

from .credit_check import Reserved, Standing, exposure, money, owed
from .group_standing import GroupStanding, Others
from .money import NOTHING


class Member(BaseModel):
    """Another dealer of the group: its standing, and what its released orders hold."""

    model_config = ConfigDict(frozen=True)

    standing: Standing
    reserved: Reserved


def others(members: Iterable[Member]) -> Others:
    """What the other dealers of a group come to."""
    known = list(members)
    return Others(
        dealers=len(known),
        owed=sum((owed(each.standing) for each in known), NOTHING),
        exposure=sum((exposure(each.standing, each.reserved) for each in known), NOTHING),
        on_credit=sum((each.reserved.on_credit for each in known), NOTHING),
        own_money=sum((_own_money(each.standing, each.reserved) for each in known), NOTHING),
    )


def group_exposure(group: GroupStanding, standing: Standing, reserved: Reserved) -> Decimal:
    """What all dealers of the group are exposed to together."""
    return group.others.exposure + exposure(standing, reserved)


def group_reasons(amount: Decimal, prepaid: bool, standing: Standing, reserved: Reserved) -> list[HoldReason]:
    """The reason to hold an order for the sake of its group, by how much; none if the group has no limit."""
    group = standing.group
    if group is None or group.limit is None:
        return []
    if prepaid:
        over = amount - _money_left(group, group.limit, standing, reserved)
    else:
        over = group_exposure(group, standing, reserved) + amount - group.limit
    return [HoldReason(code="group-limit", amount=over)] if over > 0 else []


def checked_with_group(
    number: str, standing: Standing, reserved: Reserved, *, released: bool
) -> list[OrderCheckedWithGroup]:
    """What the event says the group came to; a release takes the next number of the group's checks."""
    group = standing.group
    if group is None:
        return []
    exposed = None if group.limit is None else group_exposure(group, standing, reserved)
    return [
        OrderCheckedWithGroup(
            number=number,
            group=group.group,
            check=group.checks + 1 if released else None,
            limit=group.limit,
            exposure=exposed,
            headroom=None if group.limit is None or exposed is None else group.limit - exposed,
            members=group.others.dealers + 1,
            cut=standing.cut,
            as_of=standing.as_of,
        )
    ]


def _own_money(standing: Standing, reserved: Reserved) -> Decimal:
    """Money that no prepaid order of the dealer rests on."""
    return max(NOTHING, money(standing) - reserved.prepaid)


def _money_left(group: GroupStanding, limit: Decimal, standing: Standing, reserved: Reserved) -> Decimal:
    """What the group's own money comes to beside that which carries released orders beyond the group's limit."""
    on_credit = group.others.on_credit + reserved.on_credit
    beyond = group.others.owed + owed(standing) + on_credit - limit
    lent = max(NOTHING, min(on_credit, beyond))
    return group.others.own_money + _own_money(standing, reserved) - lent
