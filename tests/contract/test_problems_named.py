"""What our pages say of a refusal is what its owner says of it."""

from credit_rating.problems import PROBLEMS
from reporting import review_labels


def test_the_pages_name_problems_of_credit_rating_in_its_own_words() -> None:
    assert {code: PROBLEMS[code][1:3] for code in review_labels.PROBLEMS} == review_labels.PROBLEMS
