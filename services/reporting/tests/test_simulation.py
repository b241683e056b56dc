"""What if: the policy in force is there to be changed, and the answer is shown with why each dealer moves."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest
from browsing import PHONE, WIDE, listening, opened
from playwright.async_api import Browser, Page, Route
from small_story import ANNA, story

from events import CreditPolicyPublished
from service.testing import bearer

SHOTS = os.environ.get("REPORTING_SCREENSHOTS")
CONTENT = {"name": "credit", "version": 1, "ageing": {"limits": [0, 30, 60, 90, 120]}}
DOCUMENT = """{
  "name": "credit",
  "version": 1,
  "ageing": {
    "limits": [
      0,
      30,
      60,
      90,
      120
    ]
  }
}"""
WHERE = "/policies/simulation"


def answered(code: str, following: str | None = None) -> dict[str, Any]:
    side = {"grade": 3, "rule": "all_b/all_b", "cap": None, "limit": "120000.00", "left_out": None}
    cap = {"total": "38.0", "below": "40", "computed": 4}
    worse = {"grade": 5, "rule": "one_c/no_c_some_a", "cap": cap, "limit": "60000.00", "left_out": None}
    why = [{"indicator": "monthly_sales", "now": "B", "then": "C", "value": "60000.00"}]
    totals = {
        "dealers": 1234, "moved": 1,
        "matrix": [{"now": 3, "then": 5, "dealers": 1}, {"now": None, "then": None, "dealers": 1233}],
        "not_as_in_force": 2, "left_out": {"survey-missing": 1233},
        "limits": {"now": "120000.00", "then": "60000.00", "raised": {"dealers": 0, "amount": "0"},
                   "lowered": {"dealers": 1, "amount": "60000.00"}},
    }  # fmt: skip
    return {
        "items": [{"dealer": ANNA, "code": code, "name": "<b>Anna</b>", "now": side, "then": worse, "indicators": why}],
        "next": following, "as_of": "2026-04-15", "known_at": "cut-of-the-first", "totals": totals,
    }  # fmt: skip


def behind(code: str) -> dict[str, Any]:
    """A further page."""
    return answered(code) | {"totals": None}


@pytest.fixture(scope="module")
async def tried(serving: Any) -> Any:
    """The small story under a published policy."""
    made, _, _ = story()
    published = CreditPolicyPublished(
        name="credit", version=1, effective_from=date(2026, 1, 1), content=CONTENT, hash="0" * 64
    )
    made.credit.add(published, "policy-credit")
    return await serving(made)


@pytest.fixture
async def address(tried: Any) -> AsyncIterator[str]:
    """The pages on a port of their own."""
    async with listening(tried) as base:
        yield base


async def test_the_policy_of_the_day_is_there_and_only_who_may_try_is_offered_the_form(tried: Any) -> None:
    transport = httpx.ASGITransport(tried)
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting") as client:
        page = (await client.get(WHERE, headers=bearer("head_of_marketing"))).text
        assert "&#34;limits&#34;: [" in page and "data-post" in page
        early = (await client.get(f"{WHERE}?as_of=2025-12-31", headers=bearer("head_of_marketing"))).text
        assert "No policy is in force on this day" in early
        own = bearer("sales_representative", territory="T1")
        assert "data-post" not in (await client.get(WHERE, headers=own)).text


async def asked_of(page: Page, *answers: dict[str, Any]) -> list[tuple[str, Any]]:
    """What credit-rating is asked; it gives these answers in turn."""
    asked: list[tuple[str, Any]] = []
    given = iter(answers)

    async def answer(route: Route) -> None:
        asked.append((route.request.url.partition("/credit-rating")[2], route.request.post_data_json))
        await route.fulfill(status=200, json=next(given))

    await page.route("**/credit-rating/**", answer)
    await page.goto(WHERE)
    return asked


@pytest.mark.parametrize(("locale", "size"), [("en-GB", WIDE), ("zh-CN", PHONE)], ids=["wide", "phone"])
async def test_an_answer_shows_matrix_limits_and_who_moves_page_by_page(
    browser: Browser, address: str, locale: str, size: Any
) -> None:
    page = await opened(browser, address, who={"role": "head_of_marketing"}, locale=locale, size=size)
    asked = await asked_of(page, answered("D-001", "c2"), behind("D-002"), answered("D-003"))
    button = page.locator("form.what-if button")
    await button.click()
    rows = page.locator("[data-movers] tr")
    await rows.nth(0).wait_for()
    ((path, body),) = asked
    assert path == "/policies/simulations?limit=200" and body["as_of"] == "2026-04-15"
    assert body["text"] == DOCUMENT, "as it is written, so that errors can name its lines"
    figures = {
        name: await page.locator(f'[data-fill="totals.{name}"]').inner_text() for name in ("dealers", "limits.then")
    }
    assert figures == {"dealers": "1,234", "limits.then": "60,000.00"}
    assert await page.locator('[data-cell="3-5"]').inner_text() == "▼ 1"
    row = await rows.nth(0).inner_text()
    assert "<b>Anna</b>" in row and "3 → 5" in row and "120,000.00 → 60,000.00" in row
    assert ("Monthly sales of our goods B → C" if locale == "en-GB" else "我方产品月销售额 B → C") in row
    assert (
        "Capped by the 5C: no → 38.0 < 40: 4 → 5" if locale == "en-GB" else "受 5C 限制: 否 → 38.0 < 40: 4 → 5"
    ) in row
    await page.locator("[data-more]").click()
    await rows.nth(1).wait_for()
    assert asked[1][0].endswith("&cursor=c2") and asked[1][1]["known_at"] == "cut-of-the-first"
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/what-if-{locale}-{size['width']}.png", full_page=True)
    await button.click()
    await page.locator("[data-movers] tr", has_text="D-003").wait_for()
    assert await rows.count() == 1 and asked[2][0].endswith("?limit=200") and "known_at" not in asked[2][1]
    await page.context.close()


async def test_what_is_no_json_is_not_sent_and_stays(browser: Browser, address: str) -> None:
    page = await opened(browser, address, who={"role": "head_of_marketing"})
    asked = await asked_of(page)
    await page.locator("textarea").fill('{"name": ')
    await page.locator("form.what-if button").click()
    await page.get_by_text("This is not JSON:").wait_for()
    assert asked == [] and await page.locator("textarea").input_value() == '{"name": '
    assert await page.locator("textarea").get_attribute("aria-invalid") == "true"
    await page.context.close()
