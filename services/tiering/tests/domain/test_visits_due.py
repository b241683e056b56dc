"""Visits due: planned by class and period, fulfilled oldest first, extras for nothing (domain.md 3.6)."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tiering.domain.policy import ServiceStandard, VisitStandard
from tiering.domain.visits_due import ClassGiven, Plan, class_on, compliance, next_due, plans

STANDARDS = {
    "A": ServiceStandard(visits=VisitStandard(every="half_month")),
    "B": ServiceStandard(visits=VisitStandard(every="month")),
    "C": ServiceStandard(visits=VisitStandard(every="quarter")),
}
BEFORE = date(2024, 12, 20)
YEAR_END = date(2025, 12, 31)


def d(text: str) -> date:
    return date.fromisoformat(f"2025-{text}")


def planned(abc="A", *, visits=(), as_of="03-31", onboarded=BEFORE, classes=None) -> list[Plan]:
    given_classes = [ClassGiven(BEFORE, abc)] if classes is None else classes
    return plans(
        onboarded_on=onboarded, classes=given_classes, visits=map(d, visits), as_of=d(as_of), standards=STANDARDS
    )


def shown(all_plans: list[Plan]) -> list[str]:
    return [f"{p.abc} {p.period.first:%m-%d}..{p.period.last:%m-%d}" for p in all_plans]


def due(*, as_of, visits=(), classes=(), onboarded=BEFORE) -> str:
    plan = next_due(onboarded_on=onboarded, classes=classes, visits=map(d, visits), as_of=d(as_of), standards=STANDARDS)
    return shown([plan])[0]


def test_an_a_is_visited_each_half_month_a_b_each_month_a_c_each_quarter():
    assert shown(planned("A", as_of="01-31")) == ["A 01-01..01-15", "A 01-16..01-31"]
    assert shown(planned("B", as_of="02-01")) == ["B 01-01..01-31", "B 02-01..02-28"]
    assert shown(planned("C", as_of="06-30")) == ["C 01-01..03-31", "C 04-01..06-30"]


def test_two_visits_in_one_period_fulfil_one_plan():
    made = [plan.made_on for plan in planned("A", visits=["01-02", "01-09"], as_of="01-31")]
    assert made == [d("01-02"), None]


def test_a_visit_never_makes_up_for_a_period_that_is_over():
    made = [plan.made_on for plan in planned("A", visits=["01-16"], as_of="01-31")]
    assert made == [None, d("01-16")]


def test_the_last_day_of_a_period_counts_and_the_next_one_does_not():
    assert [plan.made_on for plan in planned("A", visits=["01-15"], as_of="01-16")] == [d("01-15"), None]


def test_a_dealer_onboarded_within_a_period_is_planned_from_the_next_one():
    assert shown(planned(classes=[], onboarded=d("02-10"), as_of="06-30")) == ["C 04-01..06-30"]


def test_a_dealer_onboarded_on_the_first_day_of_a_period_is_within_it():
    assert shown(planned(classes=[], onboarded=d("01-01"), as_of="06-30")) == ["C 04-01..06-30"]


def test_a_dealer_raised_within_a_period_has_the_new_standard_from_the_next_one_and_keeps_the_plan_it_had():
    raised = [ClassGiven(d("02-10"), "A")]
    assert shown(planned(classes=raised)) == [
        "C 01-01..03-31",
        "A 02-16..02-28",
        "A 03-01..03-15",
        "A 03-16..03-31",
    ]


def test_of_two_plans_that_a_visit_fits_it_fulfils_the_older():
    raised = [ClassGiven(d("02-10"), "A")]
    made = {shown([plan])[0]: plan.made_on for plan in planned(classes=raised, visits=["02-20", "02-25"])}
    assert made["C 01-01..03-31"] == d("02-20")
    assert made["A 02-16..02-28"] == d("02-25")


def test_a_dealer_lowered_within_a_period_is_planned_again_from_the_next_period_of_its_new_class():
    lowered = [ClassGiven(BEFORE, "A"), ClassGiven(d("02-10"), "C")]
    assert shown(planned(classes=lowered, as_of="06-30"))[-2:] == ["A 02-01..02-15", "C 04-01..06-30"]


def test_the_same_class_again_changes_nothing():
    confirmed = [ClassGiven(BEFORE, "B"), ClassGiven(d("02-10"), "B")]
    assert planned(classes=confirmed) == planned("B")


def test_a_class_changed_within_the_day_is_the_last_one():
    twice = [ClassGiven(d("01-10"), "A"), ClassGiven(d("01-10"), "B")]
    assert class_on(twice, d("01-10")) == "B"
    assert shown(planned(classes=twice, as_of="02-01"))[-1] == "B 02-01..02-28"


def test_a_visit_after_the_as_of_date_is_not_known_to_it():
    assert planned("A", visits=["01-10"], as_of="01-09")[0].made_on is None


def test_the_next_visit_is_the_one_of_the_running_period_until_it_is_made():
    of_a = [ClassGiven(BEFORE, "A")]
    assert due(as_of="01-10", classes=of_a) == "A 01-01..01-15"
    assert due(as_of="01-10", classes=of_a, visits=["01-03"]) == "A 01-16..01-31"
    assert due(as_of="01-15", classes=of_a) == "A 01-01..01-15"
    assert due(as_of="01-16", classes=of_a) == "A 01-16..01-31"


def test_a_new_dealer_is_due_in_the_next_quarter():
    assert due(as_of="02-11", onboarded=d("02-10")) == "C 04-01..06-30"


def test_of_two_running_plans_the_one_that_ends_first_is_due_first():
    assert due(as_of="02-17", classes=[ClassGiven(d("02-10"), "A")]) == "A 02-16..02-28"


def test_compliance_is_fulfilled_by_planned_over_periods_that_are_over():
    kept = compliance(planned("B", visits=["01-05", "03-05"], as_of="03-20"), first=d("01-01"), last=d("03-20"))
    assert (kept.planned, kept.fulfilled, kept.share) == (2, 1, Fraction(1, 2))


def test_compliance_is_unknown_where_nothing_was_planned():
    assert compliance([], first=d("01-01"), last=d("03-31")).share is None


def test_a_policy_may_ask_for_several_visits_a_period():
    twice = {**STANDARDS, "B": ServiceStandard(visits=VisitStandard(every="month", visits=2))}
    two = plans(
        onboarded_on=BEFORE,
        classes=[ClassGiven(BEFORE, "B")],
        visits=[d("01-05"), d("01-06"), d("01-07")],
        as_of=d("01-31"),
        standards=twice,
    )
    assert [plan.made_on for plan in two] == [d("01-05"), d("01-06")]


days = st.dates(d("01-01"), YEAR_END)
changes = st.lists(st.builds(ClassGiven, days, st.sampled_from(["A", "B", "C"])), max_size=4, unique_by=lambda c: c.on)


@given(changes, st.lists(days, max_size=40), days)
def test_every_visit_fulfils_one_plan_at_most_and_lies_in_its_period(classes, visits, as_of):
    all_plans = plans(onboarded_on=BEFORE, classes=classes, visits=visits, as_of=as_of, standards=STANDARDS)
    made = [plan for plan in all_plans if plan.made_on is not None]
    assert all(plan.period.first <= plan.made_on <= plan.period.last for plan in made)
    left = list(visits)
    for plan in made:
        left.remove(plan.made_on)


@given(changes, days)
def test_a_visit_on_every_day_keeps_every_plan_that_is_over(classes, as_of):
    every_day = [BEFORE + timedelta(days=n) for n in range(400)]
    all_plans = plans(onboarded_on=BEFORE, classes=classes, visits=every_day, as_of=as_of, standards=STANDARDS)
    kept = compliance(all_plans, first=BEFORE, last=as_of)
    assert kept.fulfilled == kept.planned


@given(changes, st.lists(days, max_size=20), days)
def test_the_next_visit_is_never_due_in_the_past(classes, visits, as_of):
    plan = next_due(onboarded_on=BEFORE, classes=classes, visits=visits, as_of=as_of, standards=STANDARDS)
    assert plan.made_on is None
    assert plan.period.last >= as_of
