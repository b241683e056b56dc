"""A cut from outside: what is none is refused by its form, before any number of it is worked with."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventlog.cut_form import NoCut, read_cut, token_of
from eventlog.position import bounds, cut_to_json

LOGS = ("credit-rating", "tiering")
ENDS = st.dictionaries(st.integers(0, 11), st.sampled_from([0, 1, 17, 2**63 - 1]), max_size=4)


@given(ENDS, ENDS)
def test_a_cut_reads_back_from_its_json_and_its_word_and_includes_the_same(credit, tiering):
    cut = {"credit-rating": credit, "tiering": tiering}
    for said in (json.dumps(cut_to_json(cut)), json.dumps(cut_to_json(cut), indent=2), token_of(cut)):
        read = read_cut(said, LOGS, 12)
        assert read is not None and cut_to_json(read) == cut_to_json(cut)
        assert all(len(bounds(read, log)) <= 12 for log in LOGS)


@pytest.mark.parametrize(
    "said",
    [
        '{"credit-rating": {"20000000": 0}}',
        '{"credit-rating": {"12": 1}}',
        '{"credit-rating": {"-5": 3}}',
        '{"credit-rating": {"0": -1}}',
        '{"credit-rating": {"0": 9223372036854775808}}',
        '{"credit-rating": {"0": 99999999999999999999999}}',
        '{"credit-rating": {"0": 3.7}}',
        '{"credit-rating": {"0": 3.0}}',
        '{"credit-rating": {"0": 1e3}}',
        '{"credit-rating": {"0": true}}',
        '{"credit-rating": {"0": null}}',
        '{"credit-rating": {"0": NaN}}',
        '{"credit-rating": {"0": Infinity}}',
        '{"credit-rating": {"0": "3"}}',
        '{"credit-rating": {"0": 1, "0": 2}}',
        '{"credit-rating": {"0": 1}, "credit-rating": {"0": 2}}',
        '{"credit-rating": {"00": 1}}',
        '{"credit-rating": {"٣": 1}}',
        '{"credit-rating": 3}',
        '{"credit-rating": {"0": {"0": 1}}}',
        '{"sales": {"0": 1}}',
        '{"credit-rating": {"0": 1}',
        '{"credit-rating": {"0": 1}} and more',
        '{"a":' * 1_600,
        "{" + " " * 9_000 + "}",
    ],
)
def test_what_is_no_cut_is_told_what_one_looks_like(said):
    for each in (said, base64.urlsafe_b64encode(said.encode()).rstrip(b"=").decode()):
        with pytest.raises(NoCut, match="a cut looks like"):
            read_cut(each, LOGS, 12)


@pytest.mark.parametrize("said", ["2026-03-31T18:00:00+08:00", "yesterday", "eternity", "e", "", "[]", "3"])
def test_what_was_not_meant_as_a_cut_is_left_to_others(said):
    assert read_cut(said, LOGS, 12) is None
