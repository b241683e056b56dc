"""What a text that comes in may hold, and how an event reads that holds more."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import TypeAdapter, ValidationError

import events
from events.envelope import decode
from events.fields import Amount, Code, Day, Name, PastDay, Said
from events.readers import reader_for
from events.wording import legible, throughout

SAMPLE = Path(events.__file__).parent / "samples" / "credit-rating" / "InvoiceIssued.v1.json"
NEVER = ["\0", "a\x1b", "a\x7f", "a\x85", "a\x00b", "a\rb"]
UNSEEN = [*NEVER, "a\nb", "a\tb", "a\u202eb", "a\u2066b", "a\u200bb", "a\u200d", "\ufeffa", "a\u2028b", "   "]


def taken(kind: Any, value: Any) -> bool:
    try:
        return TypeAdapter(kind).validate_python(value) == value
    except ValidationError:
        return False


@pytest.mark.parametrize("text", UNSEEN)
def test_codes_and_names_hold_only_what_is_seen(text: str) -> None:
    assert not taken(Code, text) and not taken(Name, text)


@pytest.mark.parametrize("text", [" A1", "A1 ", "A1\u00a0", "A\u00ad1"])
def test_codes_have_no_blanks_around_them_and_nothing_hidden_inside(text: str) -> None:
    assert not taken(Code, text)


@pytest.mark.parametrize("text", NEVER)
def test_text_of_several_lines_holds_no_other_control_characters(text: str) -> None:
    assert not taken(Said, text)
    with pytest.raises(ValueError, match="take it out"):
        throughout({"a": [text]})


def test_what_people_write_is_taken() -> None:
    for text in ("A 1", "上海\u3000一部", "Müller & Söhne", "SO-2026/04#12"):
        assert taken(Code, text) and taken(Name, text) and taken(Said, text)
    assert taken(Said, "one\n\ttwo\r\nthree") and throughout({"a": ["b", 1, None]})


def test_the_reason_names_the_character_its_place_and_what_to_do() -> None:
    with pytest.raises(ValidationError, match=r"control character U\+0000 at place 2: take it out"):
        TypeAdapter(Code).validate_python("A\0")


@pytest.mark.parametrize("said", [1764547200, "1764547200", 1.5, "2025-12-01T00:00:00", "１２３４-01-01", "0001-01-01",
                                  "1989-12-31", "2200-01-01", "9999-12-31", True])  # fmt: skip
def test_a_business_date_is_written_as_iso_and_lies_within_reach(said: Any) -> None:
    assert not taken(Day, said)


def test_a_company_may_be_older_than_any_business_with_it() -> None:
    assert TypeAdapter(PastDay).validate_python("1888-08-08") == date(1888, 8, 8)
    assert TypeAdapter(Day).validate_json('"1990-01-01"') == date(1990, 1, 1)


@pytest.mark.parametrize("said", ["1_000", " 12 ", "١٢", "１２", "1e3", "+5", "05", "5.", ".5", "", "NaN", 1.5,
                                  Decimal("1E+999999999")])  # fmt: skip
def test_an_amount_is_written_as_published(said: Any) -> None:
    assert not taken(Amount, said)


def test_an_amount_may_be_text_or_a_number_of_json() -> None:
    for said in ("12.50", 12, Decimal("12.50")):
        assert TypeAdapter(Amount).validate_python(said) in (Decimal("12.50"), Decimal(12))


def recorded(**fields: Any) -> bytes:
    document = msgspec.json.decode(SAMPLE.read_bytes())
    return msgspec.json.encode(document | {"data": document["data"] | fields})


def test_an_event_of_old_reads_whatever_its_texts_hold() -> None:
    reader = reader_for({"InvoiceIssued": ("number",)}, source="credit-rating")
    for old, read in (
        ("A\0", "A\ufffd"),
        (" A\x1b\u202e ", " A\x1b\u202e "),
        ("\\u0000", "\\u0000"),
        ("\\\0", "\\\ufffd"),
    ):
        document = recorded(number=old, issued_on="1889-01-01", amount="1E+1")
        assert decode(document).event.number == read
        assert reader.decode(document).data.number == read


def test_a_document_without_the_character_is_not_copied() -> None:
    document = SAMPLE.read_bytes()
    assert legible(document) is document
