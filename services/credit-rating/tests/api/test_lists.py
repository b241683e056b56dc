"""Every list: any order and any size of page gives each row exactly once; filters narrow to what they say.

Each goes out as CSV and XLSX, too: every row of it, recorded with its cut and its hash.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import openpyxl
import pytest

from credit_rating.api import (
    ageing,
    collection_lists,
    completeness,
    control_totals,
    delegations,
    diligence,
    entries,
    exceptions,
    exports,
    five_c,
    follow_ups,
    grade_events,
    grades,
    groups,
    limit_overrides,
    limitations,
    limits,
    orders,
    periods,
    reviews,
    runs,
    security_register,
    statement_reading,
    suspicions,
    unapplied,
    waiting,
)
from credit_rating.app import SERVICE
from credit_rating.published_policies import POLICIES
from eventlog.testing import meta
from rules.policy import PublishPolicy, key
from service.listing import Listing
from service.testing import settings_of

DIRECTOR = {"role": "regional_director", "region": "R1", "login": "lin.tao"}
TODAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
async def busy(world: Any, rows: Any) -> AsyncIterator[Any]:
    """Dealers with everything that is listed, ties and NULLs among it."""
    dealers = [await world.dealer(f"71{n:02}", name=f"同名 {n // 2}", survey="2026-05-01") for n in range(4)]
    unsurveyed = [await world.dealer(f"72{n:02}", survey=None) for n in range(2)]
    for n, dealer in enumerate(dealers[:2]):
        await world.trade(dealer, f"71{n:02}", months=4)
    late = TODAY - timedelta(days=90)
    owed = [rows.invoice(f"710{n}", f"L{n}", "100.00", late) for n in (2, 2, 3)]
    left = [rows.payment("7101", f"LEFT-{n}", f"{n + 1}.00", TODAY, f"UNKNOWN-{n}") for n in range(2)]
    await world.bulk([*owed, rows.payment("7103", "A1", "40.00", TODAY), *left])
    for day in (TODAY - timedelta(days=30), TODAY):
        run = await world.rate(as_of=day)
    for n in range(4):
        limit = (await world.get(f"/dealers/{dealers[0]}/limit")).headers["etag"]
        body = {"limit": ["900.00", "50.00"][n % 2], "last_day": f"2026-0{7 + n % 2}-31", "reason": "Season."}
        said = await world.post(f"/dealers/{dealers[0]}/limit-override", body, etag=limit, **DIRECTOR)
        assert said.status_code == 201, said.text
        span = {"first_day": f"2026-07-0{1 + n % 2}", "last_day": "2026-07-14", "reason": "Leave."}
        given = await world.post("/delegations", span | {"to": f"zhou.{n % 3}"}, **DIRECTOR)
        assert given.status_code == 201, given.text
        await world.follow()
        async with world.following():
            order = {"number": f"O{n}", "amount": ["10.00", "9999999.00"][n % 2], "currency": "CNY"}
            placed = await world.post(f"/dealers/{dealers[n // 2]}/orders", order, "branch_manager", branch="B1")
            assert placed.status_code == 201, placed.text
    await world.follow()
    await more_of(world, rows, dealers)
    handed = {"kind": "invoice", "documents": 9, "amount": "9.00", "first_number": "7100-1", "last_number": "7100-9"}
    for period in ("2026-05", "2026-06"):
        said = await world.post("/control-totals", {"source": "ERP", "period": period, "totals": [handed]})
        assert said.status_code == 201, said.text
    for name in ("grades", "orders"):
        assert (await world.get(f"/{name}", query={"format": "csv"})).status_code == 200
    await world.follow()
    grade = (await world.get(f"/dealers/{dealers[0]}/grades")).json()["items"][0]["id"]
    yield {
        "dealer": dealers[0],
        "owing": dealers[2],
        "run": run,
        "grade": grade,
        "group": "LH",
        "period": "2026-04",
        "unsurveyed": unsurveyed,
        "world": world,
    }


SEEN = "Seen at the shop."
FOUND = ("use_of_credit", "finances", "stock", "next_steps")


async def more_of(world: Any, rows: Any, dealers: list[str]) -> None:
    """Two of whatever else is listed: securities, assessments, steps of collection, months, groups, statements."""
    controller = {"role": "credit_controller", "login": "he.fang"}

    async def edit(read: str, path: str, body: Any, who: dict[str, str] = controller) -> None:
        etag = (await world.get(read)).headers["etag"]
        said = await world.post(path, body, etag=etag, **who)
        assert said.is_success, said.text
        await world.follow()

    back = {"kind": "bounce", "dealer": {"source": "ERP", "number": "7100"}, "source": "ERP", "reason": "No funds."}
    await world.bulk([back | {"number": f"NONE-{n}", "bounced_on": str(TODAY)} for n in range(2)])
    asking = {"version": 2, "effective_from": "2026-07-02", "follow_up": {"every_months": dict.fromkeys("1234", 3)}}
    command = PublishPolicy(name="credit", content=POLICIES.shipped() | asking)
    await world.log.handle(POLICIES.file, key("credit"), command, meta())
    await world.group("LH", *dealers[:3])
    await world.group("JK", dealers[3])
    path = f"/dealers/{dealers[0]}"
    for n in range(2):
        pledge = {"kind": "pledge", "owner": f"抵押人 {n}", "value": "1.00", "valued_on": "2026-06-01"}
        pledge |= {"registration": f"HZ-{n}", "expires_on": f"2026-1{n}-01"}
        await edit(f"{path}/securities", f"{path}/securities", pledge)
        five = {name: {"score": 50 + n, "evidence": "Accounts."} for name in ("character", "capacity", "capital")}
        five |= {name: {"score": 50, "evidence": "Accounts."} for name in ("collateral", "conditions")}
        assert (await world.post(f"{path}/five-c", five, **controller)).status_code == 201
        task = {"to": "li.wei", "due_on": f"2026-07-0{n + 1}", "what": "Visit."}
        await edit(f"{path}/collection", f"{path}/collection/tasks", task)
        promise = {"amount": f"{n + 1}.00", "pay_by": f"2026-07-1{n}", "promised_by": "accounts"}
        await edit(f"{path}/collection", f"{path}/collection/promises", promise)
        await edit(f"{path}/statements", f"{path}/statements", {"month": f"2026-0{4 + n}"})
        await edit(f"/periods/2026-0{4 + n}", f"/periods/2026-0{4 + n}/closing", {})
        due = f"/dealers/{dealers[n]}/due-diligence"
        await edit(due, due, {"purpose": "First limit."}, {"role": "branch_manager", "branch": "B1"})
        paper = {"paper": "lease", "number": f"L-{n}", "reason": "The seal is a copy."}
        await edit(f"{path}/suspicious-papers", f"{path}/suspicious-papers", paper)
        visit = {"visited_on": f"2026-06-0{n + 1}", "picture_holds": bool(n)} | dict.fromkeys(FOUND, SEEN)
        assert (await world.post(f"{path}/follow-ups", visit, **controller)).status_code == 201
        limit = {"limit": f"{n + 1}000.00", "reason": "One guarantee."}
        await edit("/groups/LH", "/groups/LH/limit", limit, {"role": "head_of_marketing"})
        await world.bulk([rows.invoice("7101", f"LATE-{n}", "1.00", date(2026, 4, 1 + n))])


LISTS: dict[str, Listing] = {
    "/receivables/ageing": ageing.AGEING,
    "/receivables/waiting": waiting.WAITING,
    "/dealers/{dealer}/ledger": entries.ENTRIES,
    "/dealers/{dealer}/orders": orders.OF_ONE,
    "/orders": orders.ALL,
    "/credit-reviews": reviews.REVIEWS,
    "/dealers/{dealer}/grades": grades.OF_ONE,
    "/grades": grades.ALL,
    "/dealers/{dealer}/limits": limits.LIMITS,
    "/dealers/{dealer}/limit-overrides": limit_overrides.OVERRIDES,
    "/rating-runs": runs.RUNS,
    "/rating-runs/{run}/excluded": runs.EXCLUDED,
    "/delegations": delegations.DELEGATIONS,
    "/exceptions": exceptions.EXCEPTIONS,
    "/completeness": completeness.LISTED,
    "/grades/{grade}/events": grade_events.EVENTS,
    "/completeness/comparison": control_totals.COMPARISON,
    "/completeness/documents": control_totals.BEHIND,
    "/collection": collection_lists.WORK,
    "/collection/promises": collection_lists.PROMISES,
    "/receivables/limitations": limitations.WARNED,
    "/receivables/unapplied": unapplied.UNAPPLIED,
    "/exports": exports.EXPORTS,
    "/due-diligence": diligence.DILIGENCES,
    "/suspicious-papers": suspicions.SUSPICIONS,
    "/dealers/{dealer}/suspicious-papers": suspicions.SUSPICIONS,
    "/follow-ups": follow_ups.DUES,
    "/dealers/{dealer}/follow-ups": follow_ups.OF_ONE,
    "/securities": security_register.SECURITIES,
    "/dealers/{dealer}/securities": security_register.SECURITIES,
    "/dealers/{dealer}/five-c": five_c.ASSESSMENTS,
    "/dealers/{dealer}/collection/steps": collection_lists.STEPS,
    "/periods": periods.PERIODS,
    "/periods/{period}/late-facts": periods.LATE_FACTS,
    "/groups": groups.GROUPS,
    "/groups/{group}/members": groups.MEMBERS,
    "/groups/{group}/limits": groups.LIMITS,
    "/statements": statement_reading.STATEMENTS_LISTED,
    "/dealers/{dealer}/statements": statement_reading.STATEMENTS_LISTED,
}
NEEDED: dict[str, dict[str, str]] = {
    "/grades/{grade}/events": {"indicator": "monthly_sales"},
    "/completeness/documents": {"month": "2026-06-01"},
    "/follow-ups": {"as_of": "2026-07-02"},
    "/receivables/limitations": {"as_of": "2029-06-30"},
}
"""What a list cannot do without."""


async def all_of(world: Any, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every row, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = await world.get(path, query=query | cursor)
        assert answer.status_code == 200, (path, query, answer.text)
        found += answer.json()["items"]
        if (following := answer.json()["next"]) is None:
            return found
        cursor = {"cursor": following}


@pytest.mark.parametrize("path", LISTS)
async def test_any_order_gives_every_row_once_page_by_page(busy: Any, path: str) -> None:
    listing, where, world = LISTS[path], path.format_map(busy), busy["world"]
    needed: dict[str, Any] = NEEDED.get(path, {})
    every = Counter(map(str, await all_of(world, where, **needed, limit=200)))
    assert sum(every.values()) >= 2 and set(every.values()) == {1}, "a list of fewer rows shows nothing"
    for sort in listing.sorts:
        for descending in (False, True):
            whole = await all_of(world, where, **needed, sort=sort, descending=descending, limit=200)
            assert Counter(map(str, whole)) == every
            require_sorted([row.get(sort) for row in whole], descending)
            paged = await all_of(world, where, **needed, sort=sort, descending=descending, limit=2)
            assert paged == whole, (sort, descending)


def test_no_list_is_left_out_of_the_table() -> None:
    app = SERVICE.application(settings_of())
    assert {route.path for route in app.routes if getattr(route, "listed", False)} == set(LISTS)


@pytest.mark.parametrize("path", LISTS)
async def test_every_list_goes_out_whole_and_is_recorded(busy: Any, path: str) -> None:
    world, where = busy["world"], path.format_map(busy)
    query: dict[str, Any] = NEEDED.get(path, {}) | {"sort": LISTS[path].sorts[-1], "descending": "true"}
    for form, read in (("csv", read_csv), ("xlsx", read_xlsx)):
        page = (await world.get(where, query=query | {"limit": 200})).json()
        answer = await world.get(where, query=query | {"format": form, "limit": 1}, login="qian.wen")
        assert answer.status_code == 200, answer.text
        header, *rows = read(answer.content)
        assert [row[0] for row in rows] == [plain(each[header[0]]) for each in page["items"]], "all, in the same order"
        assert {row[header.index("exported_as")] for row in rows} == {answer.headers["dealerlog-export"]}
        await world.follow()
        sha256 = hashlib.sha256(answer.content).hexdigest()
        (said,) = (await world.get("/exports", query={"sha256": sha256})).json()["items"]
        assert (said["resource"], said["format"], said["rows"], said["by"]) == (path, form, len(rows), "qian.wen")
        assert said["filters"].items() >= query.items() and said["reach"] == "company"
        assert page.get("known_at", said["known_at"]) == said["known_at"], "the cut that opens it again"


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [[plain(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def plain(value: Any) -> str:
    """A value of JSON or of a sheet as a CSV cell shows it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()[:10]
        case dict() | list():
            return json.dumps(value)
    return str(value)


async def test_the_register_of_exports_is_read_within_ones_own_place(busy: Any) -> None:
    world = busy["world"]
    taken = await world.get("/grades", "branch_manager", branch="B2", login="sun.li", query={"format": "csv"})
    await world.follow()
    assert len(read_csv(taken.content)) == 1, "who sees no row takes none out, and that is recorded, too"
    every = (await world.get("/exports", query={"by": "sun.li"})).json()["items"]
    assert [(each["reach"], each["code"], each["rows"]) for each in every] == [("branch", "B2", 0)]
    of_region = await world.get("/exports", "regional_director", region="R1")
    assert of_region.json()["items"] == [], "it was not taken out by somebody of the whole region"
    foreign = await world.get("/exports", "branch_manager", branch="B2")
    assert foreign.status_code == 403


def require_sorted(values: list[Any], descending: bool) -> None:
    """NULLs last; figures and dates in order (the order of words is the database's)."""
    known = [value for value in values if value is not None]
    assert values[: len(known)] == known, "NULL comes last in both directions"
    try:
        figures: list[Any] = [Decimal(str(value)) for value in known]
    except InvalidOperation:
        figures = [date.fromisoformat(value) for value in known] if all(map(is_day, known)) else []
    assert figures == sorted(figures, reverse=descending)


def is_day(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-"


@pytest.mark.parametrize("path, query, holds", [
    ("/dealers/{owing}/ledger", {"kind": "invoice", "source": "ERP"}, lambda row: row["kind"] == "invoice"),
    ("/dealers/{dealer}/ledger", {"dated_from": "2026-05-01", "dated_to": "2026-05-31"},
     lambda row: row["dated"][:7] == "2026-05"),
    ("/orders", {"state": "held"}, lambda row: row["state"] == "held"),
    ("/grades", {"region": "R1", "territory": "T1", "branch": "B1"}, lambda row: row["grade"] in range(1, 6)),
    ("/grades", {"on": "2026-06-01"}, lambda row: row["as_of"] == "2026-05-31"),
    ("/dealers/{dealer}/limit-overrides", {"on": "2026-08-01", "by": "lin.tao"}, lambda row: row["last_day"][6] == "8"),
    ("/delegations", {"to": "zhou.1", "on": "2026-07-02"}, lambda row: row["to"] == "zhou.1"),
    ("/rating-runs", {"as_of_from": "2026-06-30", "state": "completed"}, lambda row: row["as_of"] == "2026-06-30"),
    ("/rating-runs/{run}/excluded", {"reason": "survey-missing"}, lambda row: row["reason"] == "survey-missing"),
    ("/credit-reviews", {"stage": "graded", "late": False}, lambda row: row["stage"] == "graded"),
    ("/receivables/ageing", {"overdue": True}, lambda row: Decimal(row["past_due"]) > 0),
    ("/receivables/ageing", {"owing": True, "region": "R1"}, lambda row: Decimal(row["balance"]) != 0),
])  # fmt: skip
async def test_a_filter_leaves_the_rows_that_it_says(busy: Any, path: str, query: dict[str, Any], holds: Any) -> None:
    found = await all_of(busy["world"], path.format_map(busy), **query, limit=2)
    assert found and all(holds(row) for row in found), found
    on = {"on": query["on"]} if path == "/grades" and "on" in query else {}
    every = await all_of(busy["world"], path.format_map(busy), **on)
    assert [row for row in every if holds(row)] == [row for row in every if row in found]


@pytest.mark.parametrize("path, query, left", [
    ("/receivables/waiting", {"kind": "bounce", "waits_for_kind": "payment", "branch": "B1"}, 2),
    ("/receivables/waiting", {"days_from": 1}, 0),
    ("/securities", {"state": "valid", "kind": "pledge", "expiring_within": 100}, 1),
    ("/dealers/{dealer}/five-c", {"by": "he.fang", "assessed_from": "2026-06-30"}, 2),
    ("/dealers/{dealer}/collection/steps", {"kind": "task", "dated_from": "2026-06-30"}, 2),
    ("/collection", {"stage": 3, "branch": "B1"}, 1),
    ("/collection", {"promised": True}, 1),
    ("/collection/promises", {"state": "open", "pay_by_from": "2026-07-11"}, 1),
    ("/collection/promises", {"as_of": "2026-06-29"}, 0),
    ("/receivables/unapplied", {"kind": "payment", "source": "ERP", "branch": "B1"}, 2),
    ("/receivables/unapplied", {"kind": "credit_note"}, 0),
    ("/periods", {"state": "closed", "period_from": "2026-05"}, 1),
    ("/periods/{period}/late-facts", {"kind": "invoice", "source": "ERP"}, 2),
    ("/groups/{group}/limits", {"kind": "ended"}, 0),
    ("/statements", {"purpose": "monthly", "last_day_to": "2026-04-30"}, 1),
    ("/dealers/{dealer}/statements", {"stage": "issued", "branch": "B1"}, 2),
])  # fmt: skip
async def test_so_many_rows_are_left(busy: Any, path: str, query: dict[str, Any], left: int) -> None:
    assert len(await all_of(busy["world"], path.format_map(busy), **query)) == left


async def test_the_totals_of_ageing_are_those_of_the_dealers_that_the_filters_leave(busy: Any) -> None:
    world = busy["world"]
    for query in ({"overdue": "true"}, {"region": "R1"}, {"territory": "T9"}, {"owing": "true", "sort": "balance"}):
        said = (await world.get("/receivables/ageing", query=query | {"limit": 200})).json()
        for name in ("balance", "past_due"):
            assert Decimal(said["totals"][name]) == sum(Decimal(row[name]) for row in said["items"]), query
        assert Decimal(said["totals"]["balance"]) == sum(Decimal(c["amount"]) for c in said["totals"]["columns"])
