"""credit-rating: owner groups, whose dealers share one limit (domain.md 2.7)."""

from datetime import date
from typing import Annotated

from pydantic import Field

from events.catalogue import Event
from events.fields import Count, Cut, Money, Turnover
from events.recorded import Code, Said
from events.types.ledger import STREAMS as STREAMS


class GroupLimitSet(Event, owner="credit-rating", stream="group"):
    """The exposure that all dealers of an owner group may come to together; without a last day, until it is ended."""

    group: Code
    limit: Turnover
    first_day: date
    last_day: date | None = None
    reason: Said
    by: Code


class GroupLimitEnded(Event, owner="credit-rating", stream="group"):
    """From this day on no limit that was set before counts: the dealers are checked against their own alone."""

    group: Code
    ended_on: date
    reason: Said
    by: Code


class GroupChecksStarted(Event, owner="credit-rating", stream="orders"):
    """The dealer joined an owner group: whatever is ordered after this is checked against the group as well."""

    group: Code


class GroupChecksEnded(Event, owner="credit-rating", stream="orders"):
    """The dealer left its owner group: orders are checked against its own limit alone."""

    group: Code


class OrderCheckedWithGroup(Event, owner="credit-rating", stream="orders"):
    """What all dealers of the owner group together were exposed to when the order was checked, known at `cut`.

    `check` counts those of the group that released an order: each number is claimed once in the company, so two
    checks never spend the same headroom. Null: nothing was released. `limit` is null while the group has none.
    """

    number: Code
    group: Code
    check: Annotated[int, Field(ge=1, le=10**12)] | None
    limit: Turnover | None
    exposure: Money | None
    headroom: Money | None
    members: Count
    cut: Cut
    as_of: date
