"""Whenever a dealer joins or leaves an owner group, then its orders are checked with the group, or no more (2.7).

The orders' own stream has to say so: a check that was decided before it is then stale, and decided again.
"""

from typing import Any

from credit_rating.domain.order import ORDERS, CheckWithGroup
from eventlog.act import Act
from eventlog.reactions import Reaction
from events import DealerJoinedGroup, DealerLeftGroup

check_with_group = Reaction("check-with-group")


@check_with_group.on(DealerJoinedGroup, uses=("group",))
def joined(e: Any) -> Act:
    """From now on with the group."""
    return Act(ORDERS, e.subject, CheckWithGroup(group=e.data.group))


@check_with_group.on(DealerLeftGroup, uses=("group",))
def left(e: Any) -> Act:
    """From now on alone."""
    return Act(ORDERS, e.subject, CheckWithGroup(group=None))
