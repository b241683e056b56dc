"""A statement's paper is computed from our own ledger at the statement's own cut, and says if it is not the same."""

from __future__ import annotations

import json
import re

import httpx
from small_story import ANNA, BOLIN, FORGED, LETTER, Served

from service.testing import bearer

PAPER = f"/dealers/{ANNA}/statements/{LETTER}"


def rows(page: str) -> list[list[str]]:
    """The text of each row of tables."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.S)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S) for row in found]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


async def test_opening_balance_and_lines_are_the_closing_balance_without_what_came_late(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get(PAPER)).text
    lines = [row for row in rows(page) if len(row) in (3, 6)][1:5]
    assert lines[:3] == [
        ["2026-01-01", "Opening balance", "0.00"],
        ["2026-01-10", "invoice", "I-1", "2026-02-09", "1,000.00", "1,000.00"],
        ["2026-02-01", "payment", "P-1", "–", "(400.00)", "600.00"],
    ] or lines[:3] == [
        ["2026-01-01", "Opening balance", "0.00"],
        ["2026-01-10", "invoice", "I-1", "2026-02-09", "1,000.00", "1,000.00"],
        ["2026-02-01", "payment", "P-1", "–", "-400.00", "600.00"],
    ], lines
    assert ["Closing balance on 2026-03-31", "600.00"] in rows(page) and "I-LATE" not in page
    assert "Huaxin Accountants 华信会计师事务所" in page and "have it rederived" not in page
    assert "A payment of 50.00 is on its way." in page
    chinese = (await client.get(PAPER, headers={"Accept-Language": "zh-CN"})).text
    assert "询证函" in chinese and "2026-03-31 期末余额" in chinese and "签字盖章" in chinese


async def test_lines_that_are_not_those_of_the_digest_are_told(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/dealers/{ANNA}/statements/{FORGED}")).text
    assert "have it rederived" in page


async def test_statements_are_listed_with_their_stage_as_known_at_the_cut(
    client: httpx.AsyncClient, served: Served
) -> None:
    listed = [row for row in rows((await client.get(f"/dealers/{ANNA}/statements")).text) if len(row) == 7][1:]
    assert [(row[0], row[1], row[2], row[6]) for row in listed] == [
        ("2026-01-01 – 2026-03-31", "confirmation letter", "differing", "600.00"),
        ("2026-02-01 – 2026-02-28", "monthly statement", "issued", "600.00"),
    ]
    early = {"known_at": json.dumps(served.early)}
    assert "No statement yet" in (await client.get(f"/dealers/{ANNA}/statements", params=early)).text
    assert (await client.get(PAPER, params=early)).status_code == 404


async def test_nobody_prints_a_statement_of_a_dealer_elsewhere(client: httpx.AsyncClient) -> None:
    foreign = bearer("branch_manager", branch="B2")
    assert (await client.get(PAPER, headers=foreign)).status_code == 404
    assert (await client.get(f"/dealers/{BOLIN}/statements/{LETTER}", headers=foreign)).status_code == 404
