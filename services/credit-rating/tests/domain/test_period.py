from datetime import date

import pytest

from credit_rating.domain.period import PERIOD, ClosePeriod, Period, ReopenPeriod
from events import PeriodClosed, PeriodReopened
from events.decider import Refused

CUT = {"credit-rating": {"0": 17}}


def closing(period="2026-05", today=date(2026, 6, 1)):
    return ClosePeriod(period=period, cut=CUT, by="he.fang", today=today)


REOPENING = ReopenPeriod(period="2026-05", cut=CUT, by="he.fang", reason="A batch was missing.")
CLOSED = PeriodClosed(period="2026-05", cut=CUT, by="he.fang")
REOPENED = PeriodReopened(period="2026-05", cut=CUT, by="he.fang", reason="A batch was missing.")


def after(*events):
    return PERIOD.fold(Period(), events)


def test_a_month_that_is_over_is_closed_with_what_is_known_by_then():
    assert PERIOD.decide(after(), closing()) == [CLOSED]


@pytest.mark.parametrize("today", [date(2026, 5, 31), date(2026, 5, 1), date(2026, 4, 30)])
def test_a_month_is_not_closed_before_its_last_day_is_past(today):
    with pytest.raises(Refused, match="ends on 2026-05-31") as refused:
        PERIOD.decide(after(), closing(today=today))
    assert refused.value.code == "month-not-over"


def test_a_closed_month_is_not_closed_again():
    with pytest.raises(Refused) as refused:
        PERIOD.decide(after(CLOSED), closing())
    assert refused.value.code == "period-closed"


def test_a_closed_month_is_opened_with_a_reason_and_may_be_closed_anew():
    assert PERIOD.decide(after(CLOSED), REOPENING) == [REOPENED]
    assert PERIOD.decide(after(CLOSED, REOPENED), closing()) == [CLOSED]


@pytest.mark.parametrize("history", [(), (CLOSED, REOPENED)])
def test_an_open_month_is_not_opened(history):
    with pytest.raises(Refused) as refused:
        PERIOD.decide(after(*history), REOPENING)
    assert refused.value.code == "period-open"
