"""The credit policy's page: versions, drafts, what each changes, and the forms that post the next step to its owner."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any
from uuid import UUID

import httpx
import pytest
from browsing import PHONE, WIDE, listening, opened
from history import Network
from playwright.async_api import Browser
from small_story import Served
from test_reviews import RECORDED, Owner, refused, rows_of

import events as published
from service.testing import bearer

SHOTS = os.environ.get("REPORTING_SCREENSHOTS")
FIRST: dict[str, Any] = {
    "name": "credit", "version": 1, "effective_from": "2026-01-01",
    "indicators": {"monthly_sales": {"A": "200000", "B": "50000", "months": 3}},
    "grades": {"all_a": {"no_c_some_a": 1}}, "limit": {"unit": "100", "coefficients": {"3": "0.8"}},
    "ageing": {"limits": [0, 30, 60, 90, 120]},
}  # fmt: skip
OLD, WAITING, WRITTEN, GONE = (UUID(int=n) for n in (301, 302, 303, 304))
HEAD, CONTROLLER = bearer("head_of_marketing", login="lin"), bearer("credit_controller", login="he.ping")
STREAM = "policy-credit"


def changed(version: int, effective_from: str, **parts: Any) -> dict[str, Any]:
    return deepcopy(FIRST) | {"version": version, "effective_from": effective_from} | parts


SECOND = changed(2, "2026-03-01", limit={"unit": "1000", "coefficients": {"3": "0.8"}})
THIRD = changed(
    3, "2026-05-01", indicators={"monthly_sales": {"A": "200000", "B": "60000", "months": 3}},
    five_c={"cap": {"below": "40", "grade": 4}},
)  # fmt: skip


def draft(made: Network, id: UUID, content: dict[str, Any], by: str, note: str = "") -> None:
    drafted = published.CreditPolicyDrafted(
        name="credit", draft=str(id), version=content["version"], effective_from=content["effective_from"],
        content=content, hash="a" * 64, note=note, by=by,
    )  # fmt: skip
    made.credit.add(drafted, STREAM)


def publish(made: Network, content: dict[str, Any]) -> None:
    version = {"version": content["version"], "effective_from": content["effective_from"]}
    made.credit.add(published.CreditPolicyPublished(name="credit", content=content, hash="a" * 64, **version), STREAM)


@pytest.fixture(scope="module")
async def written(serving: Any) -> Served:
    """Version 2 came by a draft; one draft waits for approval, one was sent back, one was given up."""
    made = Network()
    publish(made, FIRST)
    draft(made, OLD, SECOND, "he.ping", "Limits in thousands.")
    of = {"name": "credit", "draft": str(OLD)}
    made.credit.add(published.CreditPolicyDraftSubmitted(**of, hash="a" * 64, by="he.ping"), STREAM)
    approved = published.CreditPolicyDraftApproved(**of, version=2, hash="a" * 64, drafted_by="he.ping", by="lin")
    made.credit.add(approved, STREAM)
    publish(made, SECOND)
    early = {source: {str(p): s for p, s in cut.items()} for source, cut in made.cut.items()}
    draft(made, WAITING, THIRD, "he.ping", "Prices rose by a fifth 价格上涨五分之一.")
    submitted = published.CreditPolicyDraftSubmitted(name="credit", draft=str(WAITING), hash="a" * 64, by="zhou")
    made.credit.add(submitted, STREAM)
    draft(made, WRITTEN, changed(4, "2026-06-01"), "lin")
    draft(made, GONE, changed(5, "2026-06-01"), "lin")
    gone = published.CreditPolicyDraftWithdrawn(name="credit", draft=str(GONE), reason="Not needed.", by="lin")
    made.credit.add(gone, STREAM)
    return Served(await serving(made), made, early, {})


@pytest.fixture
async def client(written: Served) -> AsyncIterator[httpx.AsyncClient]:
    """Calls as the head of marketing."""
    transport = httpx.ASGITransport(written.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting", headers=HEAD) as client:
        yield client


@pytest.fixture
async def address(written: Served) -> AsyncIterator[str]:
    """The pages on a port of their own."""
    async with listening(written.app) as base:
        yield base


async def test_versions_stand_as_of_the_day_and_drafts_as_they_are(client: httpx.AsyncClient) -> None:
    page = (await client.get("/policies")).text
    second, first, gone, mine, waiting, old = tables_of(page)
    assert "2 in force 2026-03-01 he.ping lin" in second and "1 superseded" in first
    assert "came with the release" in first
    assert "version 5 withdrawn" in gone and "version 4 being written 2026-06-01 lin" in mine
    assert "version 3 waits for approval" in waiting and "he.ping → zhou" in waiting and "Prices rose" in waiting
    assert "version 2 approved and published" in old
    second, first, *_ = tables_of((await client.get("/policies?as_of=2026-02-28")).text)
    assert "approved, to come" in second and "1 in force" in first


def tables_of(page: str) -> list[str]:
    return [row.strip() for row in rows_of("<tr><th></tr>" + page) if "scope" not in row and not row.startswith(" Vers")
            and " State " not in row]  # fmt: skip


async def test_what_was_not_known_yet_is_not_there_and_nothing_can_be_done_then(
    client: httpx.AsyncClient, written: Served
) -> None:
    early = httpx.QueryParams({"known_at": str(written.early).replace("'", '"')})
    page = (await client.get(f"/policies?{early}")).text
    assert str(OLD) in page and str(WAITING) not in page and "data-post" not in page
    assert (await client.get(f"/policies/drafts/{WAITING}?{early}")).status_code == 404


async def test_a_draft_shows_what_it_changes_in_words_and_by_path(client: httpx.AsyncClient) -> None:
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", (await client.get(f"/policies/drafts/{WAITING}")).text))
    assert "against version 2, in force" in page
    assert "Indicators › Monthly sales of our goods › B 50000 60000 indicators.monthly_sales.B" in page
    assert "Limit › rounded down to 1000 100 limit.unit" in page
    assert "5C assessment › cap › below – 40 five_c.cap.below" in page
    other = (await client.get(f"/policies/drafts/{WAITING}?against=1")).text
    assert "limit.unit" not in other and "indicators.monthly_sales.B" in other


@pytest.mark.parametrize(
    ("draft", "who", "acts"),
    [
        (WAITING, HEAD, ["approval", "return", "withdrawal"]),
        (WAITING, bearer("head_of_marketing", login="zhou"), ["return", "withdrawal"]),
        (WAITING, CONTROLLER, ["withdrawal"]),
        (WAITING, bearer("auditor"), []),
        (WRITTEN, CONTROLLER, ["submission", "revision", "withdrawal"]),
        (WRITTEN, bearer("sales_representative", territory="T1"), []),
        (OLD, HEAD, []),
        (GONE, HEAD, []),
    ],
)
async def test_a_reader_is_offered_the_steps_of_his_role(
    client: httpx.AsyncClient, written: Served, draft: UUID, who: dict[str, str], acts: list[str]
) -> None:
    page = (await client.get(f"/policies/drafts/{draft}", headers=who)).text
    assert re.findall(rf'data-post="/credit-rating/policies/drafts/{draft}/(\w+)"', page) == acts
    versions = written.network.credit.versions
    (stream,) = {versions[each] for each in versions if each.startswith(STREAM)}
    assert set(re.findall(r'data-version="(\d+)"', page)) <= {str(stream)}
    assert page.count("data-version") == len(acts)


async def test_only_who_writes_policies_is_offered_a_draft_that_begins_with_the_latest(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/policies", headers=CONTROLLER)).text
    assert 'data-post="/credit-rating/policies/drafts"' in page
    assert "&#34;version&#34;: 3" in page and "&#34;effective_from&#34;: &#34;2026-05-01&#34;" in page
    assert "data-post" not in (await client.get("/policies", headers=bearer("auditor"))).text


async def test_a_version_shows_what_it_changed_and_the_draft_it_was(client: httpx.AsyncClient) -> None:
    page = (await client.get("/policies/versions/2")).text
    assert "limit.unit" in page and f"/policies/drafts/{OLD}" in page
    assert "limit.unit" not in (await client.get("/policies/versions/1")).text
    for path in ("/policies/versions/9", f"/policies/drafts/{UUID(int=9)}", f"/policies/simulation?draft={GONE}"):
        assert (await client.get(path)).status_code == 404, path


async def test_an_approval_is_posted_once_with_the_version_of_the_stream(browser: Browser, address: str) -> None:
    owner = Owner(RECORDED)
    page = await opened(browser, address, who={"role": "head_of_marketing", "login": "lin"})
    await page.route("**/credit-rating/**", owner.answer)
    await page.goto(f"/policies/drafts/{WAITING}")
    form = page.get_by_role("form", name="Approve")
    version = await form.get_attribute("data-version")
    await form.get_by_label("Opinion (may stay empty)").fill("Agreed.")
    async with page.expect_navigation():
        await form.get_by_role("button").dblclick()
    ((url, headers, body),) = owner.asked
    assert url.endswith(f"/credit-rating/policies/drafts/{WAITING}/approval") and body == {"opinion": "Agreed."}
    assert headers["if-match"] == f'"{version}"' and re.fullmatch(r"[0-9a-f]{32}", headers["idempotency-key"])
    await page.context.close()


@pytest.mark.parametrize(("locale", "line"), [("en-GB", "line 7, "), ("zh-CN", "第 7 行")])
async def test_what_is_no_policy_is_told_with_line_and_path_and_stays(
    browser: Browser, address: str, locale: str, line: str
) -> None:
    errors = [{"line": 7, "path": "indicators.monthly_sales.B", "problem": "Input should be a valid decimal"}]
    owner = Owner(refused("policy-invalid", 422, errors=errors))
    page = await opened(browser, address, who={"role": "credit_controller", "login": "he"}, locale=locale)
    await page.route("**/credit-rating/**", owner.answer)
    await page.goto(f"/policies/drafts/{WRITTEN}")
    await page.locator("details.other summary").first.focus()
    await page.keyboard.press("Enter")
    form = page.locator('form[data-post$="/revision"]')
    text = '{"name": "credit",\n "version": 4}'
    await form.locator('textarea[name="text"]').fill(text)
    await form.locator("button").press("Enter")
    trouble = form.locator(".trouble")
    await trouble.wait_for()
    said = await trouble.inner_text()
    assert line.rstrip(", ") in said and "indicators.monthly_sales.B: Input should be a valid decimal" in said
    ((_, _, body),) = owner.asked
    assert body["text"] == text, "sent as it was written, so that lines can be named"
    assert await form.locator('textarea[name="text"]').get_attribute("aria-invalid") == "true"
    await page.context.close()


async def test_a_draft_is_tried_by_its_id(browser: Browser, address: str) -> None:
    owner = Owner(refused("temporarily-unavailable", 503))
    page = await opened(browser, address, who={"role": "credit_controller", "login": "he"})
    await page.route("**/credit-rating/**", owner.answer)
    await page.goto(f"/policies/drafts/{WAITING}")
    await page.get_by_role("link", name="Try it").click()
    await page.get_by_role("button", name="Try it").click()
    await page.locator(".trouble:visible").wait_for()
    ((url, _, body),) = owner.asked
    assert "/policies/simulations" in url and body == {"draft": str(WAITING), "as_of": "2026-04-15"}
    await page.get_by_role("link", name="Try a document of your own").click()
    assert await page.locator("textarea").count() == 1
    await page.context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
async def test_the_pages_of_policies_fit_the_screen_and_name_everything(
    browser: Browser, address: str, locale: str, size: Any
) -> None:
    page = await opened(browser, address, size=size, locale=locale, who={"role": "head_of_marketing", "login": "lin"})
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    paths = {"policies": "/policies", "draft": f"/policies/drafts/{WAITING}", "writing": f"/policies/drafts/{WRITTEN}",
             "version": "/policies/versions/2", "try-draft": f"/policies/simulation?draft={WAITING}"}  # fmt: skip
    for name, path in paths.items():
        await page.goto(path)
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/{name}-{locale}-{size['width']}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        nameless = await page.evaluate("""[...document.querySelectorAll('a,button,select,input,textarea')]
            .filter(e => e.type !== 'hidden' && !(e.textContent.trim() || e.labels?.length || e.ariaLabel))
            .map(e => e.outerHTML)""")
        assert nameless == [], name
    assert errors == []
    await page.context.close()
