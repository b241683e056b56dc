"""Pages, exports and the event page over the same story."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import httpx
import openpyxl
import pytest
from small_story import ANNA, BOLIN, CHEN, LETTER, Served

from service.testing import bearer

PAGES = ("/", "/dealers", f"/dealers/{ANNA}", f"/dealers/{ANNA}?sales=1", f"/dealers/{CHEN}", f"/dealers/{ANNA}/ledger",
         f"/dealers/{ANNA}/statements", f"/dealers/{CHEN}/statements", f"/dealers/{ANNA}/statements/{LETTER}",
         f"/dealers/{ANNA}/sales?from=2025-01-01", "/reports/monthly-sales?from=2026-01&to=2026-03",
         "/reports/monthly-sales?level=region", "/dealers?as_of=2020-01-01", "/reports/ageing",
         "/reports/ageing?level=dealer&by=invoice_date", f"/reports/ageing?level=invoice&dealer={ANNA}",
         f"/reports/ageing?level=invoice&dealer={BOLIN}", "/reports/grades?from=2026-02-28",
         "/reports/grades?level=territory&region=R1", "/reports/grade-moves?from=2026-02-28&before=2&grade=3",
         "/reports/ageing?as_of=2020-01-01", "/reports/grades?as_of=2020-01-01")  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_draws_in_both_languages(client: httpx.AsyncClient, path: str, language: str) -> None:
    answer = await client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text[:300]
    assert f'<html lang="{"zh-Hans" if language == "zh-CN" else "en"}">' in answer.text
    assert "<script" not in answer.text and "http://" not in answer.text.replace('http://x"', "").replace(
        "http://x&", ""
    )


async def test_a_chosen_language_is_remembered_and_leads_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/language", params={"to": "zh_Hans", "next": "/dealers?q=a"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/dealers?q=a")
    assert "经销商" in (await client.get("/dealers")).text
    lured = await client.get("/language", params={"to": "en", "next": "//evil.example/"})
    assert lured.headers["location"] == "/"


async def test_a_stranger_is_sent_to_the_login_and_back(served: Served) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served.app), base_url="http://reporting") as stranger:
        answer = await stranger.get("/dealers?q=a")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/dealers%3Fq%3Da")


async def test_a_mistake_is_a_page_that_says_what_to_do(client: httpx.AsyncClient) -> None:
    answer = await client.get("/dealers?as_of=2026-13-01")
    assert answer.status_code == 422 and "text/html" in answer.headers["content-type"]
    assert 'role="alert"' in answer.text and "2026-03-31" in answer.text


async def test_every_link_of_a_page_leads_somewhere(client: httpx.AsyncClient) -> None:
    for path in PAGES:
        text = (await client.get(path)).text
        for link in set(re.findall(r'href="(/[^"#]*)', text)):
            answer = await client.get(link.replace("&amp;", "&"))
            assert answer.status_code in (200, 303), f"{path} → {link}: {answer.status_code} {answer.text[:200]}"


async def test_a_figure_of_the_report_leads_to_lines_that_add_up_to_it(client: httpx.AsyncClient) -> None:
    report = (await client.get("/reports/monthly-sales?from=2026-03&to=2026-03")).text
    figures = re.findall(rf'href="(/dealers/{ANNA}/sales[^"]*)">([^<]+)</a>', report)
    for figure, month in (("325.00", "2026-03"), ("250.00", "2026-02"), ("125.00", "2025-03")):
        (link,) = {link.replace("&amp;", "&") for link, shown in figures if shown == figure}
        assert f"from={month}-01&to={month}-" in link
        assert f'<td class="n">{figure}</td></tr></tfoot>' in (await client.get(link)).text
    branch = (await client.get("/reports/monthly-sales?from=2026-03&level=region")).text
    (link,) = {found.replace("&amp;", "&") for found in re.findall(r'href="([^"]+)">424.99', branch)}
    assert {"Shanghai 上海", "Hangzhou 杭州"} <= set(re.findall(r'title="([^"]+)"', (await client.get(link)).text))


async def test_every_figure_of_a_page_keeps_the_standpoint(client: httpx.AsyncClient) -> None:
    text = (await client.get("/dealers?as_of=2026-03-31&known_at=2026-01-02T10:00:00")).text
    links = re.findall(rf'href="(/dealers/{ANNA}[^"]*)"', text)
    assert links and all("as_of=2026-03-31" in link and "known_at=" in link for link in links)


async def test_the_csv_holds_the_rows_on_the_screen_and_no_formula(client: httpx.AsyncClient, served: Served) -> None:
    answer = await client.get("/exports/dealers?format=csv&sort=exposure&order=desc&limit=50")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["Code"] for row in rows] == ["D-001", "D-003", "D-002"]
    assert rows[0]["Exposure (CNY)"] == "1600.00" and rows[0]["Region"] == "East 华东"
    assert rows[2]["Name"].startswith("'=HYPERLINK")
    assert re.search(r'filename="dealers-2026-04-15-[0-9a-f]{8}\.csv"', answer.headers["content-disposition"])


async def test_the_xlsx_has_numbers_and_the_readers_language(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/exports/monthly-sales?format=xlsx&from=2026-03", headers={"Accept-Language": "zh-CN", "Cookie": ""}
    )
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    titles, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert titles[0] == "编码" and titles[6].endswith("(CNY)")
    assert {row[0]: row[6] for row in rows} == {"D-001": 325, "D-002": 99.99, "D-003": 0}


async def test_every_export_is_recorded_with_its_cut(client: httpx.AsyncClient, served: Served) -> None:
    pool = served.app.state.runtime.pool
    before = await pool.fetchval("select count(*) from log.event")
    await client.get("/exports/dealers?format=xlsx&q=Anna", headers=bearer("auditor", login="wang.wu"))
    rows = await pool.fetch("select document from log.event order by recorded_at desc, partition limit 1")
    assert await pool.fetchval("select count(*) from log.event") == before + 1
    assert b'"ReportExported"' in rows[0]["document"] and b'"by":"wang.wu"' in rows[0]["document"]
    assert b'"q":"Anna"' in rows[0]["document"] and b'"credit-rating"' in rows[0]["document"]


async def test_the_event_page_shows_the_very_document(client: httpx.AsyncClient, served: Served) -> None:
    text = (await client.get(f"/events/{served.places['late']}")).text
    assert "I-LATE" in text and "specversion" in text and f"{ANNA}/ledger" in text
    own = bearer("sales_representative", territory="T2")
    assert (await client.get(f"/events/{served.places['late']}", headers=own)).status_code == 404
    assert (await client.get("/events/credit-rating/3/999999")).status_code == 404


async def test_an_event_is_told_from_our_facts_when_its_topic_is_out_of_reach(
    client: httpx.AsyncClient, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(*_: object) -> None:
        return None

    monkeypatch.setattr("reporting.pages.event.document_at", unreachable)
    text = (await client.get(f"/events/{served.places['invoice']}")).text
    assert "cannot be reached" in text and "I-1" in text


async def test_a_name_that_is_markup_stays_text(client: httpx.AsyncClient) -> None:
    text = (await client.get(f"/dealers/{BOLIN}")).text
    assert "=HYPERLINK(&#34;http" in text


def test_no_page_asks_another_host_for_anything() -> None:
    folder = Path(__file__).parent.parent / "reporting"
    for file in (folder / "templates").glob("*.html"):
        assert not re.search(r"(src|href)=\"https?:", file.read_text()), file.name
    for file in (folder / "static").glob("*.js"):
        assert "http" not in file.read_text().replace("https and loopback", ""), file.name
    for file in (folder / "static").glob("*.css"):
        assert not re.search(r"url\(|@import", file.read_text()), file.name
