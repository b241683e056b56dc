import json
import os
import random
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest

from credit_rating.domain.indicators import Override, overrides_of
from credit_rating.domain.rating import NotRated, Occasion, Rated, canonical_data, rate
from events.decider import Refused
from rules.policy import reference

RUN = "0" * 8 + "-0000-7000-8000-" + "0" * 12


@pytest.fixture
def occasion(policy_content):
    return Occasion(
        run=RUN,
        as_of=date(2026, 6, 30),
        cut={"credit-rating": {"0": 12}, "customer-registry": {"4": 2}},
        policy=reference(policy_content()),
        approved_by="lin",
    )


@pytest.fixture
def dealer(book):
    sales = book.monthly("2024-07", ["70000"] * 24)
    payments = [book.payment(f"P{i.number}", "70000", i.due_on.isoformat(), i.number) for i in sales[:-1]]
    return book.dealer(*sales, *payments)


def test_a_dealer_is_rated_by_its_indicators_and_gets_the_limit_of_that_grade(dealer, policy, occasion):
    rated = rate(dealer, policy=policy, occasion=occasion, previous_grade=4)
    assert isinstance(rated, Rated)
    grade, limit = rated
    letters = {name: each.grade for name, each in grade.indicators.items()}
    assert letters == {
        "annual_sales_scale": "B",
        "monthly_sales": "B",
        "payment_method": "B",
        "payment_reputation": "A",
        "business_nature": "B",
        "licences": "B",
        "premises": "B",
        "years_in_business": "B",
        "goods_flow": "B",
    }
    assert (grade.grade, grade.rule, grade.previous_grade, grade.approved_by) == (3, "a_and_b/all_b", 4, "lin")
    assert grade.indicators["goods_flow"].note == "no_history"
    assert (limit.limit, limit.m3, limit.m12, limit.season, limit.coefficient) == (
        56000,
        70000,
        70000,
        1,
        Decimal("0.8"),
    )
    assert limit.policy == grade.policy == occasion.policy


def test_an_indicator_shows_what_it_was_computed_from(dealer, policy, occasion):
    grade = rate(dealer, policy=policy, occasion=occasion, previous_grade=None).grade
    assert grade.indicators["monthly_sales"].value == "70000.00"
    assert grade.indicators["monthly_sales"].inputs == {"net": "210000.00", "months": 3}
    assert grade.survey["surveyed_on"] == "2026-01-15"


def test_a_dealer_without_a_survey_is_not_rated_and_the_reason_is_named(book, policy, occasion):
    assert rate(book.dealer(surveys=()), policy=policy, occasion=occasion, previous_grade=None) == NotRated(
        "survey-missing"
    )


def test_entries_in_any_order_give_the_same_bytes(book, dealer, policy, occasion):
    shuffled = list(dealer.entries)
    random.Random(7).shuffle(shuffled)
    one = rate(dealer, policy=policy, occasion=occasion, previous_grade=None)
    other = rate(book.dealer(*shuffled), policy=policy, occasion=occasion, previous_grade=None)
    assert [canonical_data(e) for e in one] == [canonical_data(e) for e in other]


def test_facts_after_the_as_of_date_change_no_byte(book, dealer, policy, occasion):
    later = [
        book.invoice("L", "9", "2026-07-01"),
        book.payment("M", "9", "2026-07-02"),
        book.dispute("2024-07", "1", "2026-07-03"),
    ]
    known_now = book.dealer(
        *dealer.entries, *later, surveys=(book.survey(), book.survey("2026-07-01", nature="listed"))
    )
    one = rate(dealer, policy=policy, occasion=occasion, previous_grade=None)
    other = rate(known_now, policy=policy, occasion=occasion, previous_grade=None)
    assert [canonical_data(e) for e in one] == [canonical_data(e) for e in other]


def test_what_was_written_reads_back_to_the_same_bytes(dealer, policy, occasion):
    for event in rate(dealer, policy=policy, occasion=occasion, previous_grade=None):
        again = type(event).model_validate_json(event.model_dump_json())
        assert canonical_data(again) == canonical_data(event)


ALONE = """
import json, sys
from datetime import date
from decimal import Decimal
from importlib.resources import files
from credit_rating.domain.entries import Invoice, Payment
from credit_rating.domain.facts import DealerFacts, Survey
from credit_rating.domain.policy import CreditPolicy
from events.decider import Refused
from rules.policy import reference
from credit_rating.domain.rating import Occasion, canonical_data, rate
content = json.loads(files("credit_rating").joinpath("policies/credit-2026-01.json").read_text("utf-8"))
day = date(2026, 6, 30)
sales = [Invoice(id=f"i{m}", source=s, number=str(m), amount=Decimal("33333.33"), issued_on=date(2025, m, 9),
                 due_on=date(2025, m, 19), method="credit", term_days=10) for m in range(1, 13) for s in ("erp", "old")]
paid = [Payment(id=f"p{m}", source="erp", number=str(m), amount=Decimal("10000"), received_on=date(2025, m, 25))
        for m in range(1, 13)]
survey = Survey(surveyed_on=date(2026, 1, 1), annual_turnover=Decimal("1e7"), nature="chain",
                licences="complete_valid", premises="not_local", founded_on=date(2020, 2, 29))
facts = DealerFacts(dealer="d", onboarded_on=date(2025, 1, 1), term_days=45,
                    forecast_monthly_sales=Decimal("5"), surveys=(survey,), entries=(*sales, *paid))
occasion = Occasion(sys.argv[1], day, {"b": {"2": 1, "10": 3}, "a": {}}, reference(content), "x")
for event in rate(facts, policy=CreditPolicy.read(content), occasion=occasion, previous_grade=None):
    sys.stdout.buffer.write(canonical_data(event))
"""


def test_a_rating_gives_the_same_bytes_in_any_time_zone_locale_and_hash_seed():
    places = [("UTC", "C", "0"), ("Asia/Shanghai", "C.UTF-8", "1"), ("America/St_Johns", "tr_TR.UTF-8", "4711")]
    written = set()
    for zone, locale, seed in places:
        env = os.environ | {"TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": seed}
        written.add(subprocess.run([sys.executable, "-c", ALONE, RUN], env=env, check=True, capture_output=True).stdout)
    assert len(written) == 1
    assert b'"grade":' in written.pop()


def test_canonical_data_is_sorted_json_with_decimals_written_plainly(dealer, policy, occasion):
    text = canonical_data(rate(dealer, policy=policy, occasion=occasion, previous_grade=None).limit).decode()
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert "E" not in text.replace("E-", "")


def test_an_override_changes_the_grade_and_is_never_hidden(dealer, policy, occasion):
    computed = rate(dealer, policy=policy, occasion=occasion, previous_grade=4)
    why = Override("licences", "C", "The licence was withdrawn last week.")
    given = rate(dealer, policy=policy, occasion=occasion, previous_grade=4, overrides=[why])
    assert given.grade.grade > computed.grade.grade and given.limit.coefficient < computed.limit.coefficient
    before, after = computed.grade.indicators["licences"], given.grade.indicators["licences"]
    assert (after.grade, after.note, after.inputs["computed"], after.inputs["reason"]) == (
        "C",
        "overridden",
        before.grade,
        why.reason,
    )
    others = given.grade.indicators.keys() - {"licences"}
    assert all(given.grade.indicators[name] == computed.grade.indicators[name] for name in others)
    assert [each.indicator for each in overrides_of(given.grade.indicators)] == ["licences"]
    assert overrides_of(computed.grade.indicators) == ()


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ([Override("licences", "B", "It is.")], "override-without-effect"),
        ([Override("licences", "A", "One."), Override("licences", "C", "Two.")], "override-without-effect"),
        ([Override("karma", "A", "Good.")], "unknown-indicator"),
    ],
)
def test_an_override_that_says_nothing_is_refused(dealer, policy, occasion, overrides, code):
    with pytest.raises(Refused) as refused:
        rate(dealer, policy=policy, occasion=occasion, previous_grade=4, overrides=overrides)
    assert refused.value.code == code
