"""Exact decimals: one number, one text, whatever zeros and exponents it came with (domain.md 0)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiering.domain.exact import plain, plain_text

numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**16), max_value=10**16, places=7)


@pytest.mark.parametrize(
    ("written", "text"),
    [("1200.50", "1200.5"), ("1.2E+3", "1200"), ("100", "100"), ("0.000", "0"), ("-0.0", "0"), ("1E-7", "0.0000001")],
)
def test_a_number_is_written_plainly(written, text):
    assert plain_text(Decimal(written)) == text


@given(numbers, st.integers(0, 9))
def test_a_number_has_one_text_and_the_text_is_the_number(number, zeros):
    longer = number + Decimal(0).scaleb(-7 - zeros)
    assert plain_text(longer) == plain_text(number)
    assert Decimal(plain_text(number)) == number == plain(number)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_has_no_text(word):
    with pytest.raises(ValueError, match="finite"):
        plain_text(Decimal(word))
