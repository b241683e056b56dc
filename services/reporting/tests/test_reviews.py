"""The review inbox: what waits for whom, old → new and why; and the forms that post the next step to its owner."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from browsing import PHONE, WIDE, listening, opened
from playwright.async_api import Browser, Page, Route
from small_story import ANNA, BOLIN, CHEN, Served, story

from events import CreditGradeAudited, CreditGradeReturned, CreditReviewEscalated, CreditWatchStarted
from service.testing import bearer

SHOTS = os.environ.get("REPORTING_SCREENSHOTS")
PROPOSAL, SENT_BACK = str(UUID(int=201)), str(UUID(int=202))
PAGE = f"/dealers/{ANNA}/review"
GENERAL_MANAGER = {"role": "branch_general_manager", "branch": "B1", "login": "zhao.general"}
AT = {"policy": {"name": "credit", "version": 1, "hash": "0" * 64}, "cut": {"credit-rating": {"0": 1}}}


@pytest.fixture(scope="module")
async def reviewed(serving: Any) -> Served:
    """Anna waits for the audit, Bolin for a new proposal and is late; Chen waits for the approval."""
    made, early, places = story()
    made.review(ANNA, date(2026, 4, 30), date(2026, 4, 10), "Asks for more before the season.")
    places["proposal"] = made.propose(ANNA, PROPOSAL, 2, "180000", date(2026, 4, 11), premises="A", licences="C")
    fallen = [{"indicator": "monthly_sales", "graded": "B", "now": "C"}]
    made.credit.add(CreditWatchStarted(as_of=date(2026, 4, 12), fallen=fallen, **AT), ANNA)
    made.review(BOLIN, date(2026, 3, 25), date(2026, 3, 11))
    made.propose(BOLIN, SENT_BACK, 4, "0", date(2026, 3, 20))
    made.credit.add(
        CreditGradeReturned(proposal=SENT_BACK, step="audit", by="qian", reason="Ask for the lease."), BOLIN
    )
    escalated = CreditReviewEscalated(review_due=date(2026, 3, 25), escalated_on=date(2026, 4, 9))
    made.credit.add(escalated, BOLIN)
    made.review(CHEN, date(2026, 4, 20), date(2026, 4, 6))
    made.propose(CHEN, str(UUID(int=203)), 3, "50000", date(2026, 4, 7))
    made.credit.add(CreditGradeAudited(proposal=str(UUID(int=203)), by="sun", opinion="Agreed."), CHEN)
    return Served(await serving(made), made, early, places)


@pytest.fixture
async def client(reviewed: Served) -> AsyncIterator[httpx.AsyncClient]:
    """Calls as the auditor over these reviews."""
    transport = httpx.ASGITransport(reviewed.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting", headers=bearer("auditor")) as client:
        yield client


def rows_of(page: str) -> list[str]:
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for row in re.findall(r"<tr><th.*?</tr>", page, re.S)][1:]


async def test_the_inbox_lists_what_waits_due_first_with_old_and_new(client: httpx.AsyncClient) -> None:
    bolin, chen, anna = rows_of((await client.get("/reviews")).text)
    assert "D-002" in bolin and "waits for a proposal" in bolin and "2026-03-25 escalated" in bolin
    assert "D-003" in chen and "waits for the approval" in chen and "wu.manager → sun" in chen
    assert "D-001" in anna and re.search(r"3 → +2", anna) and "120,000.00 → 180,000.00" in anna
    assert "Licences B → C ; Residency of the premises B → A overridden" in anna.replace("C;", "C ;")


async def test_the_inbox_is_narrowed_to_a_step_to_late_ones_and_to_mine(client: httpx.AsyncClient) -> None:
    assert len(rows_of((await client.get("/reviews?late=1")).text)) == 1
    assert "D-003" in rows_of((await client.get("/reviews?step=audited")).text)[0]
    mine = (await client.get("/reviews?step=mine", headers=bearer("branch_general_manager", branch="B1"))).text
    assert ["D-001" in row and "my step" in row for row in rows_of(mine)] == [True]


async def test_pages_of_the_inbox_follow_each_other(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporting.pages.reviews.ROWS", 2)
    first = (await client.get("/reviews")).text
    (link,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert [row.split()[0] for row in rows_of((await client.get(link.replace("&amp;", "&"))).text)] == ["D-001"]


async def test_a_branch_sees_only_its_own_reviews(client: httpx.AsyncClient) -> None:
    own = bearer("branch_general_manager", branch="B2")
    assert ["D-002" in row for row in rows_of((await client.get("/reviews", headers=own)).text)] == [True]
    assert (await client.get(PAGE, headers=own)).status_code == 404


@pytest.mark.parametrize(
    ("dealer", "role", "scope", "acts"),
    [
        (ANNA, "branch_general_manager", {"branch": "B1"}, ["audit", "return", "rejection"]),
        (ANNA, "regional_director", {"region": "R1"}, ["audit", "return", "rejection"]),
        (ANNA, "auditor", {}, []),
        (ANNA, "sales_representative", {"territory": "T1"}, []),
        (BOLIN, "branch_manager", {"branch": "B2"}, ["proposal"]),
        (BOLIN, "branch_general_manager", {"branch": "B2"}, []),
        (CHEN, "regional_director", {"region": "R2"}, ["approval", "return", "rejection"]),
    ],
)
async def test_a_reader_is_offered_the_steps_of_his_role(
    client: httpx.AsyncClient, dealer: str, role: str, scope: dict[str, str], acts: list[str]
) -> None:
    page = (await client.get(f"/dealers/{dealer}/review", headers=bearer(role, **scope))).text
    assert re.findall(r'data-post="/credit-rating/dealers/[^/]+/credit-review/(\w+)"', page) == acts
    assert ("only where it was delegated" in page) is (dealer == ANNA and role == "regional_director")


async def test_who_has_acted_is_offered_nothing(client: httpx.AsyncClient) -> None:
    own = bearer("branch_manager", branch="B1", login="wu.manager")
    page = (await client.get(PAGE, headers=own)).text
    assert "data-post" not in page and "You have acted on this proposal" in page


async def test_a_form_names_the_version_of_the_stream(client: httpx.AsyncClient, reviewed: Served) -> None:
    page = (await client.get(PAGE, headers=bearer("branch_general_manager", branch="B1"))).text
    (version,) = set(re.findall(r'data-version="(\d+)"', page))
    assert int(version) == reviewed.network.credit.versions[f"{ANNA}/credit"]


async def test_the_page_says_in_its_language_what_a_refusal_means(client: httpx.AsyncClient) -> None:
    own = bearer("branch_general_manager", branch="B1") | {"Accept-Language": "zh-CN"}
    said = re.search(r'data-said="([^"]+)"', (await client.get(PAGE, headers=own)).text)
    assert said
    problems = json.loads(said[1].replace("&#34;", '"').replace("&#39;", "'"))["problems"]
    assert problems["same-person"][0] == "须三个不同的人" and "stale-version" in problems


@pytest.fixture
async def address(reviewed: Served) -> AsyncIterator[str]:
    """The pages on a port of their own."""
    async with listening(reviewed.app) as base:
        yield base


class Owner:
    """Stands for credit-rating: keeps what it was asked and gives the answers it was told, the last one for ever."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.answers = list(answers)

    async def answer(self, route: Route) -> None:
        request = route.request
        self.asked.append((request.url, await request.all_headers(), request.post_data_json))
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if given.get("away"):
            await route.abort()
        else:
            await route.fulfill(**given)


RECORDED = {"status": 200, "headers": {"Dealerlog-Position": "credit-rating:1:1:1"}, "body": "{}"}


def refused(code: str, status: int, **members: Any) -> dict[str, Any]:
    said = {"type": f"urn:dealerlog:problem:{code}", "title": "Title", "detail": "Detail.", "do": "Do.", **members}
    return {"status": status, "content_type": "application/problem+json", "body": json.dumps(said)}


async def at_the_form(browser: Browser, address: str, owner: Owner, locale: str = "en-GB", **options: Any) -> Page:
    page = await opened(browser, address, locale=locale, who=GENERAL_MANAGER, **options)
    await page.route("**/credit-rating/**", owner.answer)
    await page.goto(PAGE)
    return page


async def test_a_step_is_posted_once_and_shown_when_the_reports_have_it(browser: Browser, address: str) -> None:
    owner = Owner(RECORDED)
    page = await at_the_form(browser, address, owner)
    version = await page.locator('form[data-post$="/audit"]').get_attribute("data-version")
    await page.get_by_label("Opinion (may stay empty)").fill("Agreed: the lease was shown.")
    presented: list[str | None] = []
    page.on("request", lambda request: presented.append(request.headers.get("dealerlog-position-at-least")))
    async with page.expect_navigation():
        await page.get_by_role("button", name="Agree: on to the approval").dblclick()
    ((url, headers, body),) = owner.asked
    assert url.endswith(f"/credit-rating/dealers/{ANNA}/credit-review/audit")
    assert body == {"opinion": "Agreed: the lease was shown."}
    assert headers["if-match"] == f'"{version}"' and re.fullmatch(r"[0-9a-f]{32}", headers["idempotency-key"])
    assert re.fullmatch(r"[0-9a-f]{64}", headers["x-csrf-token"])
    assert presented.count("credit-rating:1:1:1") == 1 and page.url.endswith(PAGE)
    await page.context.close()


@pytest.mark.parametrize(
    ("locale", "said"), [("en-GB", "Three different people Detail. Ask"), ("zh-CN", "须三个不同的人")]
)
async def test_a_refusal_stands_beside_the_form_and_what_was_typed_stays(
    browser: Browser, address: str, locale: str, said: str
) -> None:
    page = await at_the_form(browser, address, Owner(refused("same-person", 403)), locale)
    await page.locator("details.other summary").first.focus()
    await page.keyboard.press("Enter")
    reason = page.locator('form[data-post$="/return"] textarea')
    await reason.fill("The licence has expired.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    trouble = page.locator('form[data-post$="/return"] .trouble')
    await trouble.wait_for()
    assert said in await trouble.inner_text() and await trouble.get_attribute("role") == "alert"
    assert await page.evaluate("document.activeElement.className") == "trouble"
    assert await reason.input_value() == "The licence has expired."
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/refused-{locale}.png", full_page=True)
    await page.context.close()


async def test_a_repeat_of_what_was_not_answered_bears_the_same_key_and_another_text_a_new_one(
    browser: Browser, address: str
) -> None:
    unanswered = {"away": True}
    owner = Owner(unanswered, refused("temporarily-unavailable", 503), refused("stale-version", 412), RECORDED)
    page = await at_the_form(browser, address, owner)
    button = page.get_by_role("button", name="Agree: on to the approval")
    for n in range(4):
        if n == 3:
            await page.get_by_label("Opinion (may stay empty)").fill("Another text.")
        await button.click()
        await page.locator('form[data-post$="/audit"]:not([aria-busy])').wait_for()
    keys = [headers["idempotency-key"] for _, headers, _ in owner.asked]
    assert len(keys) == 4 and keys[0] == keys[1] == keys[2] != keys[3]
    await page.context.close()


async def test_overrides_go_with_their_reasons_and_untouched_indicators_do_not(browser: Browser, address: str) -> None:
    owner = Owner(refused("invalid", 422, errors=[{"pointer": "/overrides/0/reason", "detail": "too short"}]))
    who = {"role": "branch_manager", "branch": "B2", "login": "wu"}
    page = await opened(browser, address, who=who)
    await page.route("**/credit-rating/**", owner.answer)
    await page.goto(f"/dealers/{BOLIN}/review")
    await page.locator("details.other summary").click()
    group = page.get_by_role("group", name="Licences")
    await group.get_by_label("Licences").select_option("A")
    propose = page.get_by_role("button", name="Propose what the facts give")
    await propose.click()
    assert owner.asked == [], "a letter without a reason is not even sent"
    await group.get_by_label("Reason").fill("Renewed last week.")
    await propose.click()
    await page.locator(".trouble:visible").wait_for()
    ((_, _, body),) = owner.asked
    assert body == {"overrides": [{"indicator": "licences", "grade": "A", "reason": "Renewed last week."}]}
    assert "too short" in await page.locator(".trouble:visible").inner_text()
    assert await page.locator("[aria-invalid=true]").count() == 1
    assert await group.get_by_label("Reason").get_attribute("aria-invalid") == "true"
    await page.context.close()


async def test_without_scripts_the_form_says_so_and_sends_nothing(browser: Browser, address: str) -> None:
    owner = Owner(RECORDED)
    page = await at_the_form(browser, address, owner, java_script_enabled=False)
    assert await page.get_by_text("Forms on this page need scripts").is_visible()
    assert await page.get_by_role("button", name="Agree: on to the approval").is_disabled()
    assert owner.asked == []
    await page.context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
async def test_the_review_pages_fit_the_screen_and_name_everything(
    browser: Browser, address: str, locale: str, size: Any
) -> None:
    page = await opened(browser, address, size=size, locale=locale, who=GENERAL_MANAGER)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for name, path in {"reviews": "/reviews", "review": PAGE}.items():
        await page.goto(path)
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/{name}-{locale}-{size['width']}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        nameless = await page.evaluate("""[...document.querySelectorAll('a,button,input:not([type=hidden]),textarea')]
            .filter(e => !(e.textContent.trim() || e.labels?.length || e.ariaLabel)).map(e => e.outerHTML)""")
        assert nameless == []
    assert errors == []
    await page.context.close()


async def test_the_inbox_is_of_now_wherever_one_came_from(client: httpx.AsyncClient) -> None:
    page = (await client.get("/dealers?as_of=2026-03-31")).text
    assert 'href="/reviews"' in page
    dealer = (await client.get(f"/dealers/{ANNA}?as_of=2026-03-31")).text
    assert f'href="/dealers/{ANNA}/review"' in dealer
