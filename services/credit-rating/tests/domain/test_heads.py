"""A head row caches an aggregate's state as JSON: what is read back must be what was folded."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from credit_rating.domain.collection import COLLECTION, Collection, Legal, Reminded
from credit_rating.domain.credit_file import CREDIT_FILE, CreditFile
from credit_rating.domain.diligence import DILIGENCE, Diligence, Form, Opinion
from credit_rating.domain.order import ORDERS, OpenOrder, Orders
from credit_rating.domain.period import PERIOD, Period
from credit_rating.domain.policy_file import POLICY_FILE
from credit_rating.domain.promise import Promise
from credit_rating.domain.rating_run import RATING_RUN, RatingRun
from credit_rating.domain.suspicion import Suspicion
from rules.policy_drafts import Draft, PolicyBook


@pytest.mark.parametrize(
    ("decider", "state"),
    [
        (ORDERS, Orders({"O1": OpenOrder(Decimal("12.30"), True, True)})),
        (CREDIT_FILE, CreditFile(opened_on=date(2026, 1, 1), grade=3, review_due=date(2026, 4, 1), watched=True)),
        (RATING_RUN, RatingRun({"region": "east", "as_of": "2026-06-30", "cut": {"a": {"0": 1}}}, True)),
        (
            COLLECTION,
            Collection(
                Reminded(2, date(2026, 1, 1)),
                (Promise("p", Decimal("1.50"), date(2026, 1, 1), date(2026, 1, 9)),),
                ("t",),
                Legal("proposed", "Nothing.", "sun"),
            ),
        ),
        (
            DILIGENCE,
            Diligence(
                Form("d", "submitted", {"character": "reservations"}, Opinion("against", Decimal("1.50")), ("sun",)),
                Decimal("2.00"),
                (Suspicion("s", "lease", "L-7", "confirmed", "li"),),
            ),
        ),
        (POLICY_FILE, PolicyBook(2, date(2026, 1, 1), drafts={"d": Draft({"name": "credit"}, ("chen",), "submitted")})),
        (PERIOD, Period(closed=True)),
    ],
)
def test_a_state_survives_its_head_row(decider, state):
    assert msgspec.json.decode(msgspec.json.encode(state), type=decider.state) == state
    assert msgspec.json.decode(msgspec.json.encode(decider.state()), type=decider.state) == decider.state()
