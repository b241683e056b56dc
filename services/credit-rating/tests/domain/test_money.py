from decimal import Decimal
from fractions import Fraction

import pytest

from credit_rating.domain.money import rounded, share


@pytest.mark.parametrize(
    ("exact", "cents"),
    [
        (Decimal("1.005"), "1.01"),
        (Decimal("-1.005"), "-1.01"),
        (Fraction(201, 200), "1.01"),
        (Fraction(-201, 200), "-1.01"),
        (Fraction(1, 3), "0.33"),
        (Fraction(2, 3), "0.67"),
        (Fraction(0), "0.00"),
    ],
)
def test_money_is_rounded_half_up(exact, cents):
    assert str(rounded(exact)) == cents


def test_a_share_of_nothing_or_less_is_null():
    assert share(Decimal(1), Decimal(0)) is None
    assert share(Decimal(1), Decimal(-1)) is None
    assert share(Decimal(1), Decimal(4)) == Fraction(1, 4)
