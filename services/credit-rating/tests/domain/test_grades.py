from collections import Counter
from itertools import product

import pytest

from credit_rating.domain.grades import grade_of
from credit_rating.domain.policy import CreditPolicy
from events.decider import Refused

ALL_INPUTS = list(product("ABC", repeat=9))


@pytest.fixture(scope="module")
def grades(policy):
    return {letters: grade_of(letters[:4], letters[4:], policy.grades).grade for letters in ALL_INPUTS}


def test_the_numbers_of_inputs_in_grades_one_to_five(grades):
    assert Counter(grades.values()) == {1: 31, 2: 195, 3: 3_017, 4: 1_669, 5: 14_771}


def test_bettering_one_indicator_never_worsens_the_grade(grades):
    for letters, grade in grades.items():
        for place, letter in enumerate(letters):
            if letter != "A":
                better = (*letters[:place], "A" if letter == "B" else "B", *letters[place + 1 :])
                assert grades[better] <= grade, (letters, better)


@pytest.mark.parametrize(
    ("key", "grades_by_column"),
    [
        ("AAAA", [1, 1, 2, 2, 3]),
        ("AABB", [2, 3, 3, 3, 4]),
        ("BBBB", [3, 3, 3, 4, 4]),
        ("AAAC", [4, 4, 4, 5, 5]),
        ("AACC", [5, 5, 5, 5, 5]),
    ],
)
def test_every_cell_of_the_table(policy, key, grades_by_column):
    columns = ["AAAAA", "AABBB", "BBBBB", "ABBBC", "BBBCC"]
    assert [grade_of(key, other, policy.grades).grade for other in columns] == grades_by_column


def test_the_rule_that_fired_is_the_cell(policy):
    assert grade_of("ABBB", "AAAAB", policy.grades).rule == "a_and_b/no_c_some_a"


@pytest.mark.parametrize(("row", "column"), [("all_a", "no_c_some_a"), ("all_b", "some_c_some_a"), ("one_c", "all_b")])
def test_a_table_that_punishes_betterment_is_no_policy(policy_content, row, column):
    content = policy_content()
    content["grades"] = {name: dict(cells) for name, cells in content["grades"].items()}
    content["grades"][row][column] = 5
    if row == "one_c":
        content["grades"]["two_or_more_c"][column] = 4
    with pytest.raises(Refused, match="must not be graded worse") as refused:
        CreditPolicy.read(content)
    assert refused.value.extras["errors"][0]["path"] == "grades"
