"""What `run` says of the day and takes from its options."""

from datetime import date

import pytest

from dealerlog.commands.run import business_date, said_of
from dealerlog.problem import Problem
from dealerlog.sample.calendar import LAST_DAY


def test_the_business_date_is_a_day_or_the_calendars() -> None:
    assert business_date("2026-07-01") == date(2026, 7, 1)
    assert business_date("real") is business_date(None) is None
    with pytest.raises(Problem, match="--today is 'tomorrow': say a date such as 2026-06-30, or real"):
        business_date("tomorrow")


def test_a_day_that_stands_still_is_said_with_what_changes_it() -> None:
    assert said_of(LAST_DAY) == "business date 2026-06-30, the last day of the sample: `--today DATE|real` changes it"
    assert said_of(None) == "business date: the calendar's"
