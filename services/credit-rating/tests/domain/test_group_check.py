"""An owner group's dealers are checked against one limit; two checks never spend the same of it (domain.md 2.7)."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_rating.domain.credit_check import Standing, exposure
from credit_rating.domain.group_check import Member, others
from credit_rating.domain.group_limit import GROUP_LIMIT, EndGroupLimit, GroupLimit, SetGroupLimit
from credit_rating.domain.group_standing import GroupStanding, Others
from credit_rating.domain.order import ORDERS, CancelOrder, CheckWithGroup, Orders, PlaceOrder, ReleaseHold
from events import GroupChecksStarted, OrderCheckedWithGroup, OrderHeld, OrderReleased, PolicyRef
from events.decider import Refused

DAY = date(2026, 6, 30)
CUT = {"credit-rating": {"3": 11}}
POLICY = PolicyRef(name="credit", version=1, hash="0" * 64)
IN_GROUP = Orders(group="G1")


def of_group(limit="1000", checks=0, **rest):
    amounts = {name: value if name == "dealers" else Decimal(value) for name, value in rest.items()}
    return GroupStanding(
        group="G1", checks=checks, limit=None if limit is None else Decimal(limit), others=Others(**amounts)
    )


def standing(group=None, *, limit="100000", open_invoices="0", unapplied="0", grade=2):
    return Standing(
        as_of=DAY, cut=CUT, policy=POLICY, grade=grade, limit=Decimal(limit), suspended=False,
        open_invoices=Decimal(open_invoices), unapplied_credit=Decimal(unapplied), overdue=Decimal(0),
        longest_overdue_days=0, cash_only=False, group=group,
    )  # fmt: skip


def place(number, amount, gathered, prepaid=False):
    return PlaceOrder(
        number=number, amount=Decimal(amount), currency="CNY", prepaid=prepaid, ordered_on=DAY, standing=gathered
    )


def reasons(amount, gathered, *, prepaid=False, orders=IN_GROUP):
    event = ORDERS.decide(orders, place("O1", amount, gathered, prepaid))[1]
    return {each.code: each.amount for each in getattr(event, "reasons", ())}


def test_an_order_passes_up_to_what_the_other_dealers_leave_of_the_group_limit():
    group = of_group(dealers=2, owed="700", exposure="650")
    assert reasons("350", standing(group)) == {}
    assert reasons("350.01", standing(group)) == {"group-limit": Decimal("0.01")}
    assert reasons("350", standing(group, open_invoices="40")) == {"group-limit": 40}


def test_the_reasons_of_the_dealer_and_of_its_group_are_given_at_once():
    held = reasons("500", standing(of_group(exposure="900", owed="900"), limit="300", open_invoices="50"))
    assert held == {"limit-exceeded": 250, "group-limit": 450}


def test_a_group_without_a_limit_holds_nothing_and_a_release_takes_its_number_all_the_same():
    _, released, checked = ORDERS.decide(IN_GROUP, place("O1", "500", standing(of_group(None, checks=7))))
    assert isinstance(released, OrderReleased) and (checked.check, checked.limit, checked.exposure) == (8, None, None)


def test_the_event_says_what_the_group_came_to_and_claims_the_next_number_of_its_checks():
    group = of_group(checks=4, dealers=2, exposure="650", owed="700")
    placed, released, checked = ORDERS.decide(IN_GROUP, place("O1", "300", standing(group, open_invoices="20")))
    assert isinstance(checked, OrderCheckedWithGroup)
    assert (checked.check, checked.limit, checked.exposure, checked.headroom) == (5, 1000, 670, 330)
    assert (checked.members, checked.number, checked.group, checked.cut) == (3, "O1", "G1", CUT)
    claimed = [name for event in (placed, released, checked) for name in ORDERS.claims(event).take]
    assert claimed == ["order:O1", "group-check:G1:5"]


def test_a_held_order_claims_nothing_of_the_group():
    _, held, checked = ORDERS.decide(IN_GROUP, place("O1", "300", standing(of_group(exposure="900"))))
    assert isinstance(held, OrderHeld) and checked.check is None
    assert ORDERS.claims(checked).take == ()


def test_a_hold_is_released_beyond_the_group_limit_on_record_and_claims_its_number():
    held = ORDERS.fold(IN_GROUP, ORDERS.decide(IN_GROUP, place("O1", "300", standing(of_group(exposure="900")))))
    release = ReleaseHold(
        number="O1", reason="Guaranteed.", by="he", standing=standing(of_group("1000", 2, exposure="900"))
    )
    released, checked = ORDERS.decide(held, release)
    assert [(each.code, each.amount) for each in released.reasons] == [("group-limit", 200)]
    assert checked.check == 3 and ORDERS.fold(held, [released, checked]).reserved.on_credit == 300


def test_a_standing_without_the_dealers_group_is_refused_and_so_is_one_of_a_group_that_it_left():
    for orders, gathered in ((IN_GROUP, standing()), (Orders(), standing(of_group()))):
        with pytest.raises(Refused, match="owner group"):
            ORDERS.decide(orders, place("O1", "1", gathered))


def test_a_dealer_joins_and_leaves_and_keeps_its_open_orders():
    open_ = ORDERS.fold(Orders(), ORDERS.decide(Orders(), place("O1", "10", standing())))
    joined = ORDERS.fold(open_, ORDERS.decide(open_, CheckWithGroup(group="G1")))
    assert (joined.group, joined.reserved.on_credit) == ("G1", 10)
    left = ORDERS.fold(joined, ORDERS.decide(joined, CheckWithGroup(group=None)))
    assert left == open_ and ORDERS.decide(left, CheckWithGroup(group=None)) == []
    assert ORDERS.decide(Orders(), CheckWithGroup(group="G1")) == [GroupChecksStarted(group="G1")]


def test_a_prepaid_order_rests_on_own_money_also_where_invoices_alone_exceed_the_group_limit():
    group = of_group("100", owed="900", exposure="900")
    assert reasons("80", standing(group, unapplied="80"), prepaid=True) == {}


def test_money_that_carries_the_group_beyond_its_limit_cannot_prepay_an_order():
    group = of_group("1000", owed="0", exposure="1080", on_credit="1080")
    assert reasons("80", standing(group, unapplied="80"), prepaid=True) == {"group-limit": 80}


@dataclass
class Group:
    """Three dealers' logs, claims included, and what checks of them saw; `limit` is the group's."""

    limit: Decimal
    money: list[Decimal]
    orders: list[Orders] = field(default_factory=lambda: [IN_GROUP] * 3)
    claimed: set[str] = field(default_factory=set)

    def standing(self, dealer: int, group: GroupStanding | None) -> Standing:
        return standing(group, limit="1000000", unapplied=str(self.money[dealer]))

    def seen_by(self, dealer: int) -> tuple[Orders, Standing]:
        """One snapshot, as a check of this dealer takes it."""
        rest = [
            Member(standing=self.standing(n, None), reserved=self.orders[n].reserved) for n in range(3) if n != dealer
        ]
        group = GroupStanding(group="G1", checks=len(self.claimed), limit=self.limit, others=others(rest))
        return self.orders[dealer], self.standing(dealer, group)

    def append(self, dealer: int, seen: Orders, command: object) -> None:
        """Decide on what was seen; nothing is written if the stream has moved or a number is taken."""
        events = ORDERS.decide(seen, command)
        takes = {name for event in events for name in ORDERS.claims(event).take if name.startswith("group-check")}
        if seen == self.orders[dealer] and not takes & self.claimed:
            self.claimed |= takes
            self.orders[dealer] = ORDERS.fold(seen, events)

    @property
    def exposure(self) -> Decimal:
        return sum((exposure(self.standing(n, None), each.reserved) for n, each in enumerate(self.orders)), Decimal(0))


steps = st.lists(
    st.tuples(
        st.sampled_from(["look", "look", "write", "write", "cancel"]),
        st.integers(0, 2),
        st.integers(1, 600),
        st.booleans(),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=3, max_size=3), steps)
def test_no_interleaving_of_checks_and_cancellations_spends_more_than_the_group_limit(money, taken):
    """Each check looks at one moment and writes at another; in between the others look, write and cancel."""
    group = Group(Decimal(1000), [Decimal(each) for each in money])
    looked = {}
    for n, (step, dealer, amount, prepaid) in enumerate(taken):
        match step:
            case "look":
                looked[dealer] = group.seen_by(dealer)
            case "write" if dealer in looked:
                seen, gathered = looked.pop(dealer)
                group.append(dealer, seen, place(f"O{n}", str(amount), gathered, prepaid))
            case "cancel" if released := [name for name, each in group.orders[dealer].open.items() if each.released]:
                seen = group.orders[dealer]
                group.append(dealer, seen, CancelOrder(number=released[0], reason="Withdrawn."))
        assert group.exposure <= group.limit


def test_without_the_claim_two_dealers_would_spend_the_same_headroom():
    """What the law above rests on: the same two checks, the number not looked at."""
    group = Group(Decimal(1000), [Decimal(0)] * 3)
    looked = [group.seen_by(n) for n in range(2)]
    for n, (seen, gathered) in enumerate(looked):
        group.claimed.clear()
        group.append(n, seen, place(f"O{n}", "600", gathered))
    assert group.exposure == 1200


def limit_after(*commands):
    state = GroupLimit()
    for command in commands:
        state = GROUP_LIMIT.fold(state, GROUP_LIMIT.decide(state, command))
    return state


def set_limit(first=DAY, last=None):
    return SetGroupLimit(
        group="G1", limit=Decimal(900), first_day=first, last_day=last, reason="One owner.", by="he", today=DAY
    )


END = EndGroupLimit(group="G1", reason="Split up.", by="he", today=DAY)


def test_a_group_limit_is_set_ended_and_set_again():
    (ended,) = GROUP_LIMIT.decide(limit_after(set_limit()), END)
    assert ended.ended_on == DAY
    assert limit_after(set_limit(), END) == GroupLimit()
    assert limit_after(set_limit(), END, set_limit()).set


@pytest.mark.parametrize("state", [(), (set_limit(), END)])
def test_a_group_without_a_limit_has_nothing_to_end(state):
    with pytest.raises(Refused, match="no limit"):
        GROUP_LIMIT.decide(limit_after(*state), END)


@pytest.mark.parametrize(("first", "last"), [("2026-06-29", None), ("2026-07-02", "2026-07-01")])
def test_a_group_limit_begins_today_or_later_and_ends_after_it_begins(first, last):
    with pytest.raises(Refused, match="begins today or later"):
        limit_after(set_limit(date.fromisoformat(first), last and date.fromisoformat(last)))
