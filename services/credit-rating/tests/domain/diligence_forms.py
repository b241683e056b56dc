"""Due diligence as the tests draw it up: one form, answered item by item."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from credit_rating.domain.diligence import (
    DILIGENCE,
    ITEMS,
    AnswerItem,
    Diligence,
    OpenDiligence,
    StateFeasibility,
    SubmitDiligence,
)
from events.decider import Refused

TODAY = date(2026, 6, 30)
FORM = "00000000-0000-7000-8000-000000000001"
WHY = "The stock in the shop is what the invoices say."
OPEN = OpenDiligence(diligence=FORM, purpose="First limit for the second shop.", by="sun", today=TODAY)
SUBMIT = SubmitDiligence(by="sun", today=TODAY)


def answer(item: Any, finding: Any = "satisfactory", by: str = "sun") -> AnswerItem:
    return AnswerItem(item=item, finding=finding, comment=WHY, by=by)


def state(opinion: Any = "recommended", limit: str = "80000.00", by: str = "sun", **said: Any) -> StateFeasibility:
    return StateFeasibility(opinion=opinion, limit=Decimal(limit), reason=WHY, by=by, **said)


COMPLETE = (OPEN, *map(answer, ITEMS), state())


def after(*commands: Any) -> Diligence:
    known = Diligence()
    for command in commands:
        known = DILIGENCE.fold(known, DILIGENCE.decide(known, command))
    return known


def refused(known: Diligence, command: Any) -> Refused:
    with pytest.raises(Refused) as error:
        DILIGENCE.decide(known, command)
    return error.value
