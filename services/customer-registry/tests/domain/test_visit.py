"""Visits: what succeeded, what fell short and the lesson are written, in any script, with substance (domain.md 1.5)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from customer_registry.domain.visit import MUST_WRITE, LogVisit, VisitFact, visit_fact
from events.decider import Refused
from events.ids import command_id, request_hash
from events.types.customer_registry import VisitLogged
from rules.substance import has_substance

TODAY = date(2026, 3, 2)
CARD: dict[str, Any] = {
    "dealer": "0190b0c0-0000-7000-8000-000000000001",
    "visited_on": "2026-03-01",
    "method": "visit",
    "place": "门店",
    "participants": ["王总", "林伟"],
    "content": "谈了春季陈列",
    "succeeded": "老板同意把端架让给我们两个月",
    "fell_short": "仓库里还有三十箱旧货没有清掉",
    "lesson": "先清旧货再谈新品，老板才愿意听",
    "next_appointment": "2026-03-16",
    "next_plan": "带促销方案",
    "representative": "wei.lin",
}


def fact(**changed: Any) -> VisitFact:
    return visit_fact(LogVisit.model_validate(CARD | changed), today=TODAY)


def refusal(**changed: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        fact(**changed)
    return refused.value


def test_a_logged_visit_is_what_the_card_says():
    said = {name: value for name, value in CARD.items() if name != "dealer"}
    assert fact().event == VisitLogged.model_validate(said)
    assert VisitLogged.model_validate_json(fact().event.model_dump_json()) == fact().event


@pytest.mark.parametrize("field", MUST_WRITE)
@pytest.mark.parametrize(
    "nothing",
    [
        "..........",
        "。。。。。。。。。。。。",
        "          ",
        "好好好好好好好好好好好",
        "aaaaaaaaaaaa",
        "ok",
        "没有",
        "1212121212121",
        "哈哈哈哈哈哈哈哈嘿嘿呵",
        "\u200b" * 20,
    ],
)
def test_each_of_the_three_must_be_written_and_is_named_where_it_is_not(field, nothing):
    refused = refusal(**{field: nothing})
    assert (refused.code, refused.extras["fields"]) == ("lesson-without-substance", [field])


@pytest.mark.parametrize(
    "text",
    [
        "老板同意把端架让给我们",
        "shelf moved",
        "Sold 12 more",
        "Договорились о полке",
        "棚の場所を二倍にした。",
        "Ｓｏｌｄ　１２　ｃａｓｅｓ",
    ],
)
def test_ten_characters_that_say_something_are_enough_in_any_script(text):
    assert has_substance(text)


def test_nine_characters_are_not_ten_whatever_stands_between():
    assert not has_substance("老板同意把端架让给")
    assert not has_substance("老 板 同 意 把 端 架 让 给 ！！！！")
    assert has_substance("老板同意把端架让给我")


@given(st.text(st.characters(categories=["P", "Z"]), max_size=60))
def test_punctuation_and_spaces_are_never_substance(text):
    assert not has_substance(text)


@given(st.text("ab1", max_size=200))
def test_three_keys_are_never_substance(text):
    assert not has_substance(text)


def test_a_visit_is_dated_tomorrow_at_the_latest():
    assert fact(visited_on="2026-03-03")
    assert refusal(visited_on="2026-03-04", next_appointment=None).code == "date-in-future"


def test_the_next_appointment_is_not_before_the_visit():
    assert fact(next_appointment="2026-03-01")
    assert fact(next_appointment=None)
    assert refusal(next_appointment="2026-02-28").code == "appointment-before-visit"


def test_the_same_card_twice_is_one_visit_and_another_card_another():
    assert command_id(*fact().natural_key) == command_id(*fact().natural_key)
    assert fact().natural_key != fact(place="仓库").natural_key


def test_a_card_with_a_number_of_its_own_is_known_by_it_and_a_changed_one_is_a_conflict():
    one, changed = fact(reference="V-1"), fact(reference="V-1", place="仓库")
    assert one.natural_key == changed.natural_key != fact(reference="V-2").natural_key
    assert request_hash(one.stated) != request_hash(changed.stated)


@pytest.mark.parametrize("missing", MUST_WRITE)
def test_a_card_without_one_of_the_three_is_no_card(missing):
    with pytest.raises(ValidationError, match=missing):
        LogVisit.model_validate({k: v for k, v in CARD.items() if k != missing})
