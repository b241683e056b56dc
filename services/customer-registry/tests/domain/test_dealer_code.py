"""Dealer codes: readable, checked, a pure function of the dealer's id (domain.md 0)."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_registry.domain.dealer_code import ALPHABET, mint, read

ids = st.uuids()
CODE = re.compile(r"^D-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]$")
POSITIONS = [2, 3, 4, 5, 7, 8, 9, 10]


def test_a_code_never_changes_from_release_to_release():
    assert mint(UUID("0190b0c0-0000-7000-8000-000000000001")) == "D-ZKFJ-HH0M-C"


@given(ids)
def test_a_code_is_letters_and_digits_that_cannot_be_mistaken(dealer):
    assert CODE.match(mint(dealer))


@given(ids)
def test_a_code_is_read_however_it_is_typed(dealer):
    code = mint(dealer)
    assert read(code) == code
    assert read(f"  {code.lower().replace('-', ' ')} ") == code
    assert read(code.replace("0", "O").replace("1", "l")) == code


@given(ids, st.sampled_from(POSITIONS), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(dealer, position, character):
    code = mint(dealer)
    if code[position] != character:
        assert read(code[:position] + character + code[position + 1 :]) is None


@given(ids, st.sampled_from([(2, 3), (3, 4), (4, 5), (5, 7), (7, 8), (8, 9), (9, 10)]))
def test_two_swapped_neighbours_are_found(dealer, pair):
    code = list(mint(dealer))
    one, other = pair
    if code[one] != code[other]:
        code[one], code[other] = code[other], code[one]
        assert read("".join(code)) is None


@pytest.mark.parametrize("text", ["", "D", "D-7K3Q-9XW2", "X-7K3Q-9XW2-M", "D-7K3U-9XW2-M", "D-7K3Q-9XW2-M-1"])
def test_what_is_no_code_is_not_read(text):
    assert read(text) is None


def test_ten_thousand_dealers_have_ten_thousand_codes():
    assert len({mint(UUID(int=n)) for n in range(10_000)}) == 10_000


@given(ids)
def test_the_next_attempt_is_another_code(dealer):
    assert len({mint(dealer, attempt) for attempt in range(3)}) == 3
