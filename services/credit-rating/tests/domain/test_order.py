from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_rating.domain.credit_check import Standing
from credit_rating.domain.open_orders import MOST_AHEAD
from credit_rating.domain.order import (
    ORDERS,
    CancelOrder,
    Orders,
    PlaceOrder,
    ReleaseHold,
    ReturnReservation,
    UseReservation,
    taken,
)
from events import OrderCancelled, OrderHeld, OrderPlaced, OrderReleased, PolicyRef, ReservationUsed
from events.decider import Refused

DAY = date(2026, 6, 30)
CUT = {"credit-rating": {"3": 11}}
POLICY = PolicyRef(name="credit", version=1, hash="0" * 64)


def standing(limit="1000", open_invoices="0", unapplied="0"):
    return Standing(
        as_of=DAY,
        cut=CUT,
        policy=POLICY,
        grade=2,
        limit=Decimal(limit),
        suspended=False,
        open_invoices=Decimal(open_invoices),
        unapplied_credit=Decimal(unapplied),
        overdue=Decimal(0),
        longest_overdue_days=0,
        cash_only=False,
    )


def place(number, amount, prepaid=False, **gathered):
    return PlaceOrder(
        number=number,
        amount=Decimal(amount),
        currency="CNY",
        prepaid=prepaid,
        ordered_on=DAY,
        standing=standing(**gathered),
    )


def given_orders(*commands):
    """The state after these commands."""
    state = Orders()
    for command in commands:
        for event in ORDERS.decide(state, command):
            state = ORDERS.evolve(state, event)
    return state


def test_an_order_within_the_limit_is_placed_and_released_with_what_it_was_checked_against():
    placed, released = ORDERS.decide(Orders(), place("O1", "400", open_invoices="500"))
    assert isinstance(placed, OrderPlaced)
    assert isinstance(released, OrderReleased)
    check = released.check
    assert (check.limit, check.exposure, check.headroom, check.grade) == (1000, 500, 500, 2)
    assert (check.cut, check.as_of, check.policy) == (CUT, DAY, POLICY)


def test_a_released_order_consumes_headroom():
    state = given_orders(place("O1", "600"))
    _, held = ORDERS.decide(state, place("O2", "500"))
    assert isinstance(held, OrderHeld)
    assert [(r.code, r.amount) for r in held.reasons] == [("limit-exceeded", 100)]
    assert held.check.exposure == 600


def test_a_held_order_reserves_nothing():
    state = given_orders(place("O1", "1001"))
    assert state.reserved.on_credit == 0
    assert isinstance(ORDERS.decide(state, place("O2", "1000"))[1], OrderReleased)


def test_a_cancellation_frees_what_was_reserved():
    state = given_orders(place("O1", "600"), CancelOrder(number="O1", reason="dealer withdrew"))
    assert state == Orders()
    assert isinstance(ORDERS.decide(state, place("O2", "1000"))[1], OrderReleased)


def test_a_held_order_can_be_cancelled():
    state = given_orders(place("O1", "1001"))
    assert ORDERS.decide(state, CancelOrder(number="O1", reason="too large")) == [
        OrderCancelled(number="O1", reason="too large")
    ]


def release(number, **gathered):
    return ReleaseHold(number=number, reason="The transfer was seen.", by="he", standing=standing(**gathered))


def test_a_hold_is_released_in_spite_of_its_reasons_which_are_recorded_and_consumes_headroom():
    state = given_orders(place("O1", "600"), place("O2", "500"))
    (released,) = ORDERS.decide(state, release("O2"))
    assert [(each.code, each.amount) for each in released.reasons] == [("limit-exceeded", 100)]
    assert (released.by, released.reason, released.amount) == ("he", "The transfer was seen.", 500)
    after = ORDERS.evolve(state, released)
    assert after.reserved.on_credit == 1100
    (_, third) = ORDERS.decide(after, place("O3", "1"))
    assert isinstance(third, OrderHeld) and third.reasons[0].amount == 101
    assert ORDERS.decide(after, UseReservation(order="O2", invoice="I2", amount=Decimal(500)))[0].amount == 500


def test_a_hold_whose_reasons_are_gone_says_so():
    state = given_orders(place("O1", "600"), place("O2", "500"), CancelOrder(number="O1", reason="Withdrawn."))
    assert ORDERS.decide(state, release("O2"))[0].reasons == ()


@pytest.mark.parametrize("number", ["O1", "O9"])
def test_an_order_that_is_not_held_cannot_be_released(number):
    with pytest.raises(Refused, match="is not held"):
        ORDERS.decide(given_orders(place("O1", "600")), release(number))


def test_an_order_that_is_not_open_cannot_be_cancelled():
    with pytest.raises(Refused, match="not open"):
        ORDERS.decide(Orders(), CancelOrder(number="O1", reason="?"))


def test_an_invoice_uses_up_the_reservation_of_the_order_it_names():
    state = given_orders(place("O1", "600"), UseReservation(order="O1", invoice="I1", amount=Decimal(600)))
    assert state == Orders()


def test_an_invoice_of_a_part_leaves_the_rest_reserved_and_a_cancellation_frees_it():
    part = (place("O1", "600"), UseReservation(order="O1", invoice="I1", amount=Decimal(250)))
    assert given_orders(*part).reserved.on_credit == 350
    assert given_orders(*part, CancelOrder(number="O1", reason="rest not needed")) == Orders()


def used(order: str, amount: int, invoice: str = "I1", beyond: int = 0) -> ReservationUsed:
    return ReservationUsed(order=order, invoice=invoice, amount=Decimal(amount), beyond=Decimal(beyond) or None)


def test_an_invoice_uses_a_reservation_never_more_than_it_holds():
    state = given_orders(place("O1", "600"), UseReservation(order="O1", invoice="I1", amount=Decimal(250)))
    larger = UseReservation(order="O1", invoice="I2", amount=Decimal(999))
    assert ORDERS.decide(state, larger) == [used("O1", 350, "I2", beyond=649)]


def test_invoices_of_two_sources_with_one_number_each_use_their_part():
    same = UseReservation(order="O1", invoice="I1", amount=Decimal(250))
    assert given_orders(place("O1", "600"), same, same).reserved.on_credit == 100


def test_an_order_that_is_released_after_its_invoice_reserves_what_is_left():
    held = given_orders(place("O1", "1500"), UseReservation(order="O1", invoice="I1", amount=Decimal(1000)))
    assert held.reserved.on_credit == 0
    (released,) = ORDERS.decide(held, release("O1", open_invoices="1000"))
    assert [(each.code, each.amount) for each in released.reasons] == [("limit-exceeded", 500)]
    assert released.amount == 1500 and ORDERS.evolve(held, released).reserved.on_credit == 500
    whole = UseReservation(order="O1", invoice="I2", amount=Decimal(500))
    assert given_orders(place("O1", "1500"), whole, whole, whole, release("O1")) == Orders()


def test_an_order_that_comes_after_its_invoice_is_checked_for_and_reserves_what_is_left():
    early = given_orders(UseReservation(order="O1", invoice="I1", amount=Decimal(400)))
    assert early == Orders(ahead={"O1": Decimal(400)})
    placed, released = ORDERS.decide(early, place("O1", "1000", open_invoices="400"))
    assert isinstance(released, OrderReleased) and (placed.amount, placed.invoiced) == (1000, 400)
    after = ORDERS.fold(early, [placed, released])
    assert (after.reserved.on_credit, after.ahead) == (600, {})
    more = ORDERS.decide(early, place("O1", "100"))
    assert ORDERS.fold(early, more) == Orders(ahead={"O1": Decimal(300)})


def test_of_orders_that_never_come_the_latest_invoices_are_kept_in_mind():
    state = given_orders(
        *(UseReservation(order=f"O{n}", invoice="I", amount=Decimal(n + 1)) for n in range(MOST_AHEAD + 3)),
        UseReservation(order="O3", invoice="J", amount=Decimal(1)),
        UseReservation(order="X", invoice="J", amount=Decimal(1)),
    )
    assert len(state.ahead) == MOST_AHEAD
    assert list(state.ahead)[:1] == ["O5"] and list(state.ahead)[-2:] == ["O3", "X"] and state.ahead["O3"] == 5


def test_an_event_of_before_that_used_nothing_counts_for_nothing():
    held = given_orders(place("O1", "1001"))
    assert ORDERS.evolve(held, used("O1", 0)) == held and ORDERS.evolve(Orders(), used("O1", 0)) == Orders()
    _, back = returning()
    assert back("7") == ReturnReservation(use="7") and taken("0", [("0", used("O1", 0))]) is None


def test_an_order_number_is_claimed_for_good():
    placed, released = ORDERS.decide(Orders(), place("O1", "1"))
    assert ORDERS.claims(placed).take == ("order:O1",)
    cancelled = OrderCancelled(number="O1", reason="x")
    assert not any(ORDERS.claims(e).take or ORDERS.claims(e).release for e in (released, cancelled))


def test_an_open_number_cannot_be_placed_again():
    with pytest.raises(Refused, match="already open"):
        ORDERS.decide(given_orders(place("O1", "1")), place("O1", "2"))


def test_an_order_may_be_told_late_and_dated_a_day_ahead_but_no_more():
    for day in (date(2026, 3, 1), date(2026, 7, 1)):
        placed, released = ORDERS.decide(Orders(), place("O1", "1").model_copy(update={"ordered_on": day}))
        assert (placed.ordered_on, released.check.as_of) == (day, DAY)
    with pytest.raises(Refused, match="more than a day ahead"):
        ORDERS.decide(Orders(), place("O1", "1").model_copy(update={"ordered_on": date(2026, 7, 2)}))


orders = st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=12)


@settings(deadline=None, max_examples=60)
@given(orders, st.integers(0, 100), st.integers(0, 60))
def test_released_orders_together_never_exceed_limit_and_prepayment(placed, limit, unapplied):
    state = given_orders(
        *(
            place(str(n), str(amount), prepaid, limit=str(limit), unapplied=str(unapplied))
            for n, (amount, prepaid) in enumerate(placed)
        )
    )
    assert state.reserved.on_credit + state.reserved.prepaid <= limit + unapplied
    assert state.reserved.prepaid <= unapplied


def returning(*commands):
    """What the invoice of the last command took, and the state after these commands and its return."""
    state, events = Orders(), []
    for number, command in enumerate(commands):
        for event in ORDERS.decide(state, command):
            state = ORDERS.evolve(state, event)
            events.append((f"{number}", event))
    return state, lambda use: ReturnReservation(use=use, taken=taken(use, events))


def test_an_invoice_that_is_taken_back_returns_what_it_used_and_may_come_again():
    whole = UseReservation(order="O1", invoice="I1", amount=Decimal(600))
    state, back = returning(place("O1", "600", prepaid=True, unapplied="600"), whole)
    assert state == Orders()
    state = ORDERS.fold(state, ORDERS.decide(state, back("1")))
    assert (state.reserved.prepaid, state.reserved.on_credit) == (600, 0)
    assert ORDERS.decide(state, whole) == [used("O1", 600)]


def test_an_invoice_of_a_part_returns_that_part():
    parts = [UseReservation(order="O1", invoice=f"I{n}", amount=Decimal(amount)) for n, amount in ((1, 250), (2, 350))]
    state, back = returning(place("O1", "600"), *parts)
    assert state == Orders()
    state = ORDERS.fold(state, ORDERS.decide(state, back("1")))
    assert state.reserved.on_credit == 250


def test_nothing_is_returned_to_a_cancelled_order():
    part = UseReservation(order="O1", invoice="I1", amount=Decimal(250))
    state, back = returning(place("O1", "600"), part, CancelOrder(number="O1", reason="rest not needed"))
    assert ORDERS.decide(state, back("1")) == [] == ORDERS.decide(state, back("7"))


def test_an_invoice_of_an_unknown_order_that_is_taken_back_takes_nothing_of_it_when_it_comes():
    state, back = returning(UseReservation(order="O1", invoice="I1", amount=Decimal(250)))
    (returned,) = ORDERS.decide(state, back("0"))
    assert (returned.amount, returned.beyond) == (0, 250)
    assert ORDERS.evolve(state, returned) == Orders()


happenings = st.permutations(["place", "release", "I1", "I2", "I3", "back I1", "back I3"])


@settings(deadline=None, max_examples=300)
@given(happenings, st.lists(st.integers(1, 700), min_size=3, max_size=3), st.integers(1, 1200), st.booleans())
def test_an_invoice_uses_its_order_once_whatever_the_order_of_arrival(happened, amounts, ordered, held):
    """After every step a released order holds its amount less its invoices; an invoice is taken back after it came."""
    invoices = {f"I{n + 1}": Decimal(amount) for n, amount in enumerate(amounts)}
    state, events, live = Orders(), [], set()

    def does(step, command):
        nonlocal state
        decided = ORDERS.decide(state, command)
        state = ORDERS.fold(state, decided)
        events.extend((step, event) for event in decided)

    placed = released = False
    for step in _possible(happened):
        if step == "place":
            does(step, place("O1", ordered, limit="-1" if held else "100000"))
            placed, released = True, not held
        elif step == "release":
            if held:
                does(step, release("O1"))
                released = True
        elif step in invoices:
            does(step, UseReservation(order="O1", invoice=step, amount=invoices[step]))
            live.add(step)
        else:
            of = step.removeprefix("back ")
            does(step, ReturnReservation(use=of, taken=taken(of, events)))
            live.remove(of)
        invoiced = sum((invoices[each] for each in live), Decimal(0))
        assert state.reserved.on_credit == (max(Decimal(0), ordered - invoiced) if placed and released else 0)
        assert sum(state.ahead.values()) == (max(Decimal(0), invoiced - ordered) if placed else invoiced)


def _possible(happened):
    """These steps, a release after the order and a return after its invoice: pairs the wrong way round are swapped."""
    steps = list(happened)
    for first, then in (("place", "release"), ("I1", "back I1"), ("I3", "back I3")):
        one, other = sorted((steps.index(first), steps.index(then)))
        steps[one], steps[other] = first, then
    return steps
