"""The credit card shows due diligence, the papers that block, and when the next follow-up visit is due, for any day."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from history import Network
from small_story import ANNA, BOLIN, RUN

import events as published
from service.testing import bearer

ID = "00000000-0000-7000-8000-000000000001"
SAID = "The shelves are full, and the books agree with it."
MONTHS = {"ageing": {"limits": [0, 30, 60, 90, 120]}, "follow_up": {"every_months": {"3": 1}}}


def looked_into() -> Network:
    """Anna's form is approved, one of its papers confirmed and one dismissed, and it was visited; Bolin has nothing."""
    made = Network()
    made.places()
    made.onboard(ANNA, "D-001", "Anna Trading 安娜贸易", "T1")
    made.onboard(BOLIN, "D-002", "波林", "T2")
    made.rate(RUN, "R1", {ANNA: (3, "120000"), BOLIN: (5, "0")}, date(2026, 1, 31))
    policy = published.CreditPolicyPublished(
        name="credit", version=1, effective_from=date(2026, 1, 1), content=MONTHS, hash="0" * 64
    )
    made.credit.add(policy, "policy-credit", on=date(2026, 1, 1))
    form: dict[str, Any] = {"diligence": ID, "by": "sun"}
    paper: dict[str, Any] = {"suspicion": ID, "paper": "lease", "by": "gao", "reason": SAID}
    of_form = [
        published.DueDiligenceOpened(**form, purpose=SAID, opened_on=date(2026, 2, 1)),
        published.DueDiligenceApproved(
            diligence=ID, by="gao", approved_on=date(2026, 2, 9), limit=Decimal("90000.00"), opinion="recommended"
        ),
        published.SuspiciousPaperReported(**paper, number="L-1", reported_on=date(2026, 2, 20)),
        published.SuspiciousPaperReported(**paper, number="L-2", reported_on=date(2026, 2, 21)),
        published.SuspicionDismissed(**paper, number="L-1", settled_on=date(2026, 3, 2)),
        published.SuspicionConfirmed(**paper, number="L-2", settled_on=date(2026, 3, 3)),
    ]
    for event in of_form:
        made.credit.add(event, ANNA)
    visit = published.CreditFollowedUp(
        follow_up=ID, visited_on=date(2026, 3, 1), use_of_credit=SAID, finances=SAID, stock=SAID, picture_holds=False,
        next_steps=SAID, by="sun",
    )  # fmt: skip
    made.credit.add(visit, ANNA)
    return made


@pytest.fixture(scope="module")
async def app(serving: Any) -> Any:
    return await serving(looked_into())


@pytest.fixture
async def pages(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting", headers=bearer("auditor")) as client:
        yield client


async def sheet(pages: httpx.AsyncClient, dealer: str, as_of: str, language: str = "en") -> str:
    answer = await pages.get(
        f"/dealers/{dealer}/credit-sheet", params={"as_of": as_of}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 200, answer.text
    (section,) = re.findall(r'<section id="diligence".*?</section>', answer.text, re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section))


async def test_the_form_what_it_covers_open_papers_and_the_next_visit(pages: httpx.AsyncClient) -> None:
    said = await sheet(pages, ANNA, "2026-04-15")
    assert "Due diligence 2026-02-09 Due diligence approved" in said and "90,000.00" in said
    assert "lease L-2 : Suspicion of a paper confirmed" in said and "L-1" not in said
    assert "Last follow-up visit 2026-03-01 the picture has changed" in said
    assert "Next follow-up visit due 2026-04-01 overdue" in said


async def test_an_earlier_day_shows_what_was_so_then(pages: httpx.AsyncClient) -> None:
    said = await sheet(pages, ANNA, "2026-02-22")
    assert "lease L-2 : Suspicious paper reported" in said and "lease L-1 : Suspicious paper reported" in said
    assert "Last follow-up visit –" in said and "Next follow-up visit due 2026-02-28 " in said and "overdue" not in said
    assert "Due diligence 2026-02-01 Due diligence opened" in await sheet(pages, ANNA, "2026-02-08")


async def test_a_dealer_without_any_says_so_in_both_languages(pages: httpx.AsyncClient) -> None:
    said = await sheet(pages, BOLIN, "2026-04-15")
    assert "Due diligence –" in said and "none open" in said and "Next follow-up visit due –" in said
    assert "可疑证件 无未结" in await sheet(pages, BOLIN, "2026-04-15", "zh-CN")
