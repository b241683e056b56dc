from datetime import date
from decimal import Decimal

import pytest

from credit_rating.domain.rating_run import RATING_RUN, Authoriser, CompleteRun, RatingRun, StartRun, ranked_digest
from events import PolicyRef, RatingRunCompleted, RatingRunStarted
from events.decider import Refused

POLICY = PolicyRef(name="credit", version=1, hash="0" * 64)


def start(role="regional_director", region="east", cut=5):
    return StartRun(
        region="east",
        as_of=date(2026, 6, 30),
        cut={"credit-rating": {"0": cut}},
        policy=POLICY,
        authorised_by=Authoriser(login="lin", role=role, region=region),
    )


def after(*commands):
    state = RatingRun()
    for command in commands:
        for event in RATING_RUN.decide(state, command):
            state = RATING_RUN.evolve(state, event)
    return state


def test_the_marketing_director_of_the_region_authorises_a_run():
    (started,) = RATING_RUN.decide(RatingRun(), start())
    assert isinstance(started, RatingRunStarted)
    assert (started.region, started.authorised_by, started.policy) == ("east", "lin", POLICY)


@pytest.mark.parametrize(
    ("role", "region"), [("regional_director", "west"), ("branch_general_manager", "east"), ("head_of_marketing", None)]
)
def test_nobody_else_authorises_a_run(role, region):
    with pytest.raises(Refused, match="authorised by the marketing director of that region"):
        RATING_RUN.decide(RatingRun(), start(role, region))


def test_an_interrupted_run_is_resumed_at_the_same_cut_only():
    assert RATING_RUN.decide(after(start()), start()) == []
    with pytest.raises(Refused, match="another cut"):
        RATING_RUN.decide(after(start()), start(cut=6))


def test_a_run_completes_once_and_counts_whom_it_left_out():
    complete = CompleteRun(rated=7, left_out=2, digest="a" * 64)
    assert RATING_RUN.decide(after(start()), complete) == [RatingRunCompleted(rated=7, left_out=2, digest="a" * 64)]
    with pytest.raises(Refused, match="complete"):
        RATING_RUN.decide(after(start(), complete), complete)


def test_a_run_that_was_not_started_cannot_be_completed():
    with pytest.raises(Refused, match="Start the run"):
        RATING_RUN.decide(RatingRun(), CompleteRun(rated=0, digest="a" * 64))


def test_the_digest_is_that_of_the_list_in_whatever_order_and_form_it_came():
    rows = [("d1", 2, Decimal("100")), ("d2", 1, Decimal("5000.00")), ("d3", 2, Decimal("700"))]
    same = [("d3", 2, Decimal("700.0")), ("d2", 1, Decimal("5000")), ("d1", 2, Decimal("100"))]
    assert ranked_digest(rows) == ranked_digest(same)
    assert ranked_digest(rows) != ranked_digest([*rows[:2], ("d3", 2, Decimal("700.01"))])
