"""Ids and hashes: in order of time, or derived and the same for ever on every machine."""

import time
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from events.ids import canonical, command_id, event_id, request_hash, uuid7


class Part(BaseModel):
    invoice: str
    amount: Decimal | None = None


class Request(BaseModel):
    number: str
    amount: Decimal
    on: date = date(2026, 1, 1)
    note: str | None = None
    parts: list[Part] = Field(default_factory=list)


def test_ids_grow_within_a_microsecond_and_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [uuid7() for _ in range(5_000)]
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - 5_000_000_000)
    made += [uuid7() for _ in range(100)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}


def test_an_id_holds_the_time_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    assert before - 1_000 <= uuid7().int >> 80 <= before + 60_000


def test_derived_ids_are_the_same_for_ever() -> None:
    assert command_id("erp", "invoice", "4711") == UUID("ac3eed8b-0a0f-8c0c-ac85-65c0aa0a2903")
    assert event_id("erp", "invoice", "4711") == UUID("5b734c97-9ae8-8d02-a6e1-0a723afd52a8")
    assert command_id("a", 1).version == 8


def test_parts_of_an_id_cannot_run_into_each_other() -> None:
    assert len({command_id("ab", "c"), command_id("a", "bc"), command_id("abc"), command_id("a", "b", "c")}) == 4
    assert command_id(1) != command_id("1") != event_id("1")


def test_the_request_hash_is_the_same_for_ever() -> None:
    request = Request(number="4711", amount=Decimal("10.50"))
    assert canonical(request) == b'{"amount":"10.5","number":"4711"}'
    assert request_hash(request).hex() == "013fc2122b9200839969fd050d2fbb5d4ad9a2334fb3feecf32607e16eecba5f"
    assert len(request_hash(request)) == 32 and request_hash(request)[0] == 1


def test_a_request_that_says_a_default_repeats_one_that_does_not() -> None:
    short = {"number": "1", "amount": "1"}
    long = {"note": None, "amount": "1.00", "on": "2026-01-01", "parts": [], "number": "1"}
    assert request_hash(Request.model_validate(short)) == request_hash(Request.model_validate(long))
    other = {**short, "parts": [{"invoice": "1"}]}
    assert request_hash(Request.model_validate(short)) != request_hash(Request.model_validate(other))


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=6))
def test_the_order_of_members_does_not_matter(members: dict[str, int | str | None]) -> None:
    assert canonical(members) == canonical(dict(reversed(members.items())))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.integers(0, 5))
def test_a_decimal_has_one_form_however_it_was_written(value: Decimal, zeros: int) -> None:
    longer = Decimal(format(value, "f") + "0" * zeros)
    assert canonical(value) == canonical(longer)
    assert Decimal(canonical(value).decode().strip('"')) == value


@pytest.mark.parametrize("wrong", [0.5, {"a": [0.5]}, Decimal("NaN"), object(), {True: 1}])
def test_what_has_no_canonical_form_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        canonical(wrong)
