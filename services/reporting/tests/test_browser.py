"""The pages in a browser: both languages, wide and 360 px, keyboard, names, 1,000 rows, paper."""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from browsing import PHONE, WIDE, listening, opened
from playwright.async_api import Browser
from small_story import ANNA, LETTER, Served, story

SHOTS = os.environ.get("REPORTING_SCREENSHOTS")
PAGES = {
    "home": "/",
    "dealers": "/dealers",
    "dealer": f"/dealers/{ANNA}",
    "ledger": f"/dealers/{ANNA}/ledger",
    "sales": f"/dealers/{ANNA}/sales?from=2025-01-01",
    "statements": f"/dealers/{ANNA}/statements",
    "statement": f"/dealers/{ANNA}/statements/{LETTER}",
    "monthly": "/reports/monthly-sales?from=2026-01&to=2026-03",
    "ageing": "/reports/ageing?level=dealer&limit=50",
    "invoices": f"/reports/ageing?level=invoice&dealer={ANNA}",
    "grades": "/reports/grades?from=2026-02-28",
    "moves": "/reports/grade-moves?from=2026-02-28",
    "problem": "/dealers?as_of=nonsense",
}
DEALERS = 1000


@pytest.fixture(scope="module")
async def address(serving: Any) -> AsyncIterator[tuple[str, Served]]:
    """The story with a thousand dealers more, on a port of its own."""
    network, early, places = story()
    for n in range(DEALERS):
        dealer = str(UUID(int=0x0190A6C3_0000_7000_8000_000000000000 + n))
        network.onboard(dealer, f"M-{n:04}", f"经销商 {n} 号", "T3")
        network.invoice(dealer, f"MI-{n:04}", "1234.50", date(2026, 1, 10), date(2026, 2, 9))
    app = await serving(network)
    async with listening(app) as base:
        yield base, Served(app, network, early, places)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
async def test_no_page_is_wider_than_the_screen(browser: Browser, address: Any, locale: str, size: Any) -> None:
    base, served = address
    page = await opened(browser, base, size=size, locale=locale)
    for name, path in {**PAGES, "event": f"/events/{served.places['late']}"}.items():
        await page.goto(path)
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/{name}-{locale}-{size['width']}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, locale, size)
    await page.context.close()


@pytest.mark.parametrize("path", ["/dealers?", "/reports/ageing?level=dealer&"], ids=["dealers", "ageing"])
async def test_a_thousand_rows_draw_in_under_a_second(browser: Browser, address: Any, path: str) -> None:
    """Counted in processor time of the page's own thread, so that a busy machine does not decide."""
    page = await opened(browser, address[0])
    await page.goto(f"{path}limit=50")  # fonts are loaded
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    began, before = time.perf_counter(), await spent(devtools)
    await page.goto(f"{path}limit=1000")
    drawn, seconds = await spent(devtools) - before, time.perf_counter() - began
    assert await page.locator("tbody tr").count() == 1000
    print(f"1,000 rows: {drawn:.2f} s to draw, {seconds:.2f} s by the clock")
    assert drawn < 1
    await page.context.close()


async def spent(devtools: Any) -> float:
    """Processor seconds of the page's thread so far."""
    metrics = {each["name"]: each["value"] for each in (await devtools.send("Performance.getMetrics"))["metrics"]}
    return float(metrics["TaskDuration"])


async def test_the_keyboard_alone_reaches_content_filters_and_rows(browser: Browser, address: Any) -> None:
    page = await opened(browser, address[0])
    await page.goto("/dealers")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to content"
    focused = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        focused.append(await page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
        outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", focused[-1]
    assert {"q", "region", "grade", "as_of", "known_at", "Show", "D-001"} <= set(focused)
    await page.locator("input[name=q]").fill("Anna")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("q=Anna"))
    assert await page.locator("tbody tr").count() == 1
    await page.context.close()


async def test_a_screen_reader_hears_names_of_everything(browser: Browser, address: Any) -> None:
    page = await opened(browser, address[0])
    for path in PAGES.values():
        await page.goto(path)
        assert await page.locator("h1").count() == 1 and await page.locator("main").count() == 1
        nameless = await page.evaluate("""[...document.querySelectorAll('a,button,input:not([type=hidden]),select')]
            .filter(e => !(e.textContent.trim() || e.labels?.length || e.ariaLabel)).map(e => e.outerHTML)""")
        assert nameless == [], path
        assert await page.evaluate("[...document.querySelectorAll('th')].every(th => th.scope || th.ariaHidden)"), path
    await page.context.close()


async def test_paper_has_the_cut_and_no_buttons(browser: Browser, address: Any, tmp_path: Path) -> None:
    page = await opened(browser, address[0])
    await page.goto(PAGES["monthly"])
    await page.emulate_media(media="print")
    assert not await page.locator("form.filters").is_visible()
    rule = await page.evaluate("document.querySelector('head style').textContent")
    assert re.search(r"@bottom-left .*2026-04-15 · cut [0-9a-f]{8}", rule) and "counter(pages)" in rule
    pdf = await page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    if SHOTS:
        Path(SHOTS, "monthly.pdf").write_bytes(pdf)
    await page.context.close()


async def test_a_statement_prints_upright_with_its_own_cut_and_nothing_internal(browser: Browser, address: Any) -> None:
    page = await opened(browser, address[0], locale="zh-CN")
    await page.goto(PAGES["statement"])
    cut = re.search(r"@bottom-left .*2026-03-31 · [^ ]+ ([0-9a-f]{8})", await page.locator("head").inner_html())
    assert cut, "the footer has the last day and the cut of the statement"
    await page.emulate_media(media="print")
    assert await page.locator(".sign").is_visible() and not await page.locator("#steps-h").is_visible()
    pdf = await page.pdf(prefer_css_page_size=True)
    box = re.search(rb"/MediaBox \[0 0 (\d+)[.\d]* (\d+)", pdf)
    assert box and int(box[1]) < int(box[2]), "A4 upright"
    if SHOTS:
        Path(SHOTS, "statement.pdf").write_bytes(pdf)
        await page.set_viewport_size({"width": 794, "height": 1123})
        await page.screenshot(path=f"{SHOTS}/statement-paper.png", full_page=True)
    await page.context.close()


async def test_dark_is_the_systems_choice(browser: Browser, address: Any) -> None:
    page = await opened(browser, address[0], color_scheme="dark")
    await page.goto("/dealers")
    assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(21, 24, 28)"
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/dealers-dark.png")
    await page.context.close()
