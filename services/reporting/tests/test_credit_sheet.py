"""The credit card of a dealer: what it shows is what the facts come to, and each figure leads to them."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import PHONE, WIDE, listening, opened
from playwright.async_api import Browser
from small_story import ANNA, BOLIN, CHEN, Served

from service.testing import bearer

SHOTS = os.environ.get("REPORTING_SCREENSHOTS")
SHEET = f"/dealers/{ANNA}/credit-sheet"


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def test_the_sheet_says_grade_limit_exposure_headroom_and_what_is_open(client: httpx.AsyncClient) -> None:
    said = words_of((await client.get(SHEET)).text)
    assert "Grade 3 Limit CNY 120,000.00 Exposure CNY 1,600.00 Headroom CNY 118,400.00 Overdue CNY 900.00" in said
    assert "Longest overdue 65 days" in said and "2026-01-31 2 → 2026-03-31 3" in said
    assert "I-1 2026-01-10 2026-02-09 65 1,000.00 600.00" in said and "No order is held." in said
    assert "2026-02-10 Credit limit overridden" in said


async def test_a_past_sheet_shows_what_was_so_then(client: httpx.AsyncClient) -> None:
    then = words_of((await client.get(SHEET, params={"as_of": "2026-02-15"})).text)
    assert "Grade 2 Limit CNY 150,000.00" in then and "Overridden by zheng from 2026-02-15 to 2026-02-25" in then
    assert "2026-03-31 3" not in then


async def test_figures_of_the_sheet_lead_to_their_rows(client: httpx.AsyncClient) -> None:
    page = (await client.get(SHEET, params={"as_of": "2026-04-15"})).text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/(?:events|dealers|reports)/[^"]*)"', page)]
    assert all("as_of=2026-04-15" in link for link in links)
    assert {"/events/", "/reports/ageing", f"/dealers/{ANNA}/ledger"} <= {
        "/events/" if link.startswith("/events/") else link.partition("?")[0] for link in links
    }
    for link in sorted(set(links)):
        assert (await client.get(link)).status_code == 200, link


@pytest.mark.parametrize("dealer", [BOLIN, CHEN])
async def test_a_dealer_without_history_has_a_sheet_too(client: httpx.AsyncClient, dealer: str) -> None:
    assert (await client.get(f"/dealers/{dealer}/credit-sheet")).status_code == 200


async def test_a_branch_reads_only_its_own_sheets(client: httpx.AsyncClient) -> None:
    for branch, status in (("B1", 200), ("B2", 404)):
        answer = await client.get(SHEET, headers=bearer("branch_manager", branch=branch))
        assert answer.status_code == status


@pytest.fixture
async def address(served: Served) -> AsyncIterator[str]:
    """The pages on a port of their own."""
    async with listening(served.app) as base:
        yield base


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
async def test_the_sheet_prints_upright_on_a4_with_its_cut_and_fits_a_phone(
    browser: Browser, address: str, locale: str, tmp_path: Path
) -> None:
    for size in (WIDE, PHONE):
        page = await opened(browser, address, size=size, locale=locale)
        await page.goto(SHEET)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/sheet-{locale}-{size['width']}.png", full_page=True)
        await page.context.close()
    page = await opened(browser, address, locale=locale)
    await page.goto(SHEET)
    styles: Any = await page.evaluate("[...document.querySelectorAll('head style')].map(each => each.textContent)")
    assert "A4 portrait" in "".join(styles) and re.search(r"@bottom-left .*2026-04-15 · \S+ [0-9a-f]{8}", styles[0])
    printed = await page.pdf(prefer_css_page_size=True)
    box = re.search(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert box and [round(float(side)) for side in box.groups()] == [595, 842]
    if SHOTS:
        Path(SHOTS, f"sheet-{locale}.pdf").write_bytes(printed)
    await page.context.close()
