"""A list goes out as a file: every row, nothing that computes, figures as written, and never unrecorded."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

import httpx
import openpyxl
import pytest
from fastapi import Depends
from pydantic import BaseModel

from service import list_files
from service.app import Service
from service.context import Read
from service.list_columns import table_of
from service.list_files import XLSX, Exports
from service.listing import Asked, Listing, equals
from service.paging import Page
from service.routing import Router, UndeclaredRoute
from service.testing import bearer, settings_of

HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1", "−1", " =1", "\u3000=1",
    "\ufeff=1", "\u00a0@1", '=HYPERLINK("http://x","y")', "|calc", "王=1",
]  # fmt: skip
CUT = {"tiny": {"0": 7}}


class Policy(BaseModel):
    name: str
    version: int


class Column(BaseModel):
    name: str
    amount: Decimal


class RowView(BaseModel):
    number: int
    said: str | None
    figure: Decimal | None = None
    on: date | None = None
    at: datetime | None = None
    policy: Policy | None = None
    columns: list[Column] = []
    parts: list[dict[str, Any]] = []
    ref: UUID | None = None
    done: bool | None = None


class Known(Page[RowView]):
    cut: dict[str, dict[str, int]] = CUT
    as_of: date = date(2026, 3, 31)


THINGS = Listing(
    "select 1", RowView, key=("number",), sorts=("number", "said"), nullable=("said",), default="number",
    filters={"said": equals("said")}, spread={"columns": ("name", "amount")},
)  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"number": n, "said": said, "figure": Decimal("1234.5"), "on": date(2026, 1, n + 1)}
    for n, said in enumerate(HOSTILE)
]
router = Router("things")


@router.get("/things/{kind}", permission="thing.read", answers=Known)
async def things(kind: str, read: Read, asked: Annotated[Asked, Depends(THINGS.asked)]) -> Known:
    """Rows that were computed."""
    wanted = [row for row in ROWS if row["said"] == asked.filters.get("said", row["said"])]
    page = asked.page(asked.of_computed(wanted), RowView)
    return Known(items=page.items, next=page.next)


class Recorded(BaseModel):
    resource: str
    format: str
    filters: dict[str, str]
    as_of: date
    reach: str
    code: str | None
    rows: int
    cut: dict[str, dict[str, int]]
    sha256: str
    by: str


class Log:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Recorded]] = []

    async def handle(self, decider: Any, key: str, command: Recorded, meta: Any) -> Any:
        self.told.append((key, command))
        return SimpleNamespace(position="tiny:0:8:1")


SERVICE = Service(
    name="tiny", title="Tiny", routers=[router], exports=Exports(decider=None, command=Recorded),
    permissions={"thing.read": ("auditor", "importer", "region_clerk"), "list.export": ("auditor", "region_clerk")},
)  # fmt: skip


class Taken:
    """`await taken(path, who, **headers)` answers; `log` is what was recorded."""

    def __init__(self) -> None:
        self.log = Log()
        self.app = SERVICE.application(settings_of(), runtime=SERVICE.runtime(settings_of(), log=self.log))

    async def __call__(self, path: str, who: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tiny") as http:
            return await http.get(path, headers=(who or bearer("auditor", login="wang.wu")) | headers)


@pytest.fixture
async def taken() -> Taken:
    return Taken()


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows()
    assert all(cell.data_type != "f" for row in rows for cell in row)
    return [dict(zip((c.value for c in header), (c.value for c in row), strict=True)) for row in rows]


async def test_no_text_of_a_list_is_a_formula_in_either_format(taken: Any) -> None:
    for rows in (
        read_csv((await taken("/things/red?format=csv&limit=3")).content),
        read_xlsx((await taken("/things/red?format=xlsx")).content),
    ):
        assert len(rows) == len(HOSTILE), "a file holds every row, whatever a page would"
        for row, said in zip(rows, HOSTILE, strict=True):
            shown = row["said"].replace("\r\n", "\n").replace("_x000D_", "\r")
            assert shown in ("'" + said, "'" + said.replace("\r", "\n")) or (shown == said and said in HOSTILE[-2:])


async def test_figures_are_as_written_and_stay_figures(taken: Any) -> None:
    (row,) = read_csv((await taken("/things/red?format=csv&said=|calc")).content)
    assert (row["figure"], row["on"], row["at"]) == ("1234.5", "2026-01-18", "")
    (row,) = read_xlsx((await taken("/things/red?format=xlsx&said=|calc")).content)
    assert (row["figure"], row["on"].date()) == (1234.5, date(2026, 1, 18))


@pytest.mark.parametrize("accept, media_type", [
    ("text/csv", "text/csv; charset=utf-8"), (XLSX, XLSX), (f"{XLSX};q=0.9, */*", XLSX),
    ("application/json, text/csv", "application/json"), ("text/html, */*", "application/json"),
])  # fmt: skip
async def test_accept_says_the_form_too(taken: Any, accept: str, media_type: str) -> None:
    answer = await taken("/things/red", Accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert len(taken.log.told) == (media_type != "application/json")


async def test_each_file_is_recorded_with_what_it_holds_and_its_hash(taken: Any) -> None:
    who = bearer("region_clerk", login="li.na", region="R1")
    answer = await taken("/things/red?format=csv&sort=said&descending=true&said=王=1", who)
    ((key, said),) = taken.log.told
    assert said.model_dump() == {
        "resource": "/things/{kind}", "format": "csv", "as_of": date(2026, 3, 31), "reach": "region", "code": "R1",
        "filters": {"kind": "red", "said": "王=1", "sort": "said", "descending": "true"}, "rows": 1, "cut": CUT,
        "sha256": hashlib.sha256(answer.content).hexdigest(), "by": "li.na",
    }  # fmt: skip
    assert key == f"export-{answer.headers['dealerlog-export']}"
    assert [row["exported_as"] for row in read_csv(answer.content)] == [answer.headers["dealerlog-export"]]
    assert 'filename="things-red-region-R1-2026-03-31-' in answer.headers["content-disposition"]
    assert answer.headers["dealerlog-position"] == "tiny:0:8:1" and answer.headers["cache-control"].endswith("no-store")


async def test_more_rows_than_a_file_holds_are_refused_and_nothing_is_recorded(
    taken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.listing.MOST_ROWS", len(HOSTILE) - 1)
    answer = await taken("/things/red?format=csv")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:dealerlog:problem:list-too-long")
    assert (await taken("/things/red?format=csv&said=|calc")).status_code == 200
    assert len(taken.log.told) == 1 and list_files.MOST_ROWS == 20_000


async def test_who_may_read_and_not_export_gets_pages_only(taken: Any) -> None:
    assert (await taken("/things/red", bearer("importer"))).status_code == 200
    assert (await taken("/things/red?format=csv", bearer("importer"))).status_code == 403
    cursor = (await taken("/things/red?limit=2")).json()["next"]
    assert (await taken(f"/things/red?limit=2&format=csv&cursor={cursor}")).status_code == 422
    assert (await taken(f"/things/red?limit=2&cursor={cursor}", Accept="text/csv")).status_code == 422
    assert not taken.log.told


def test_columns_follow_from_the_model() -> None:
    row = RowView(
        number=1, said=None, figure=Decimal("0.125"), policy=Policy(name="credit", version=3), done=True,
        columns=[Column(name="1-30", amount=Decimal("5.10"))], parts=[{"invoice": "=A1", "amount": Decimal("2.50")}],
        at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )  # fmt: skip
    other = RowView(number=2, said="x", columns=[Column(name="31-60", amount=Decimal("7"))])
    columns, values = table_of([row, other], RowView, {"columns": ("name", "amount")})
    assert {c.key: (c.kind, v) for c, v in zip(columns, values[0], strict=True)} == {
        "number": ("integer", 1), "said": ("text", None), "figure": ("decimal", Decimal("0.125")), "on": ("date", None),
        "at": ("moment", row.at), "policy.name": ("text", "credit"), "policy.version": ("integer", 3),
        "columns.1-30": ("decimal", Decimal("5.10")), "columns.31-60": ("decimal", None),
        "parts": ("text", '[{"invoice":"=A1","amount":"2.50"}]'), "ref": ("text", None), "done": ("boolean", True),
    }  # fmt: skip
    assert [c.scale for c in columns if c.key == "figure"] == [3]
    assert values[1][5:9] == [None, None, None, Decimal("7")]


def test_the_document_tells_of_the_files_and_no_list_goes_out_unrecorded(taken: Any) -> None:
    operation = taken.app.openapi()["paths"]["/things/{kind}"]["get"]
    assert set(operation["responses"]["200"]["content"]) == {"application/json", "text/csv", XLSX}
    assert "list-too-long" in str(operation["responses"]["422"])
    bare = Service(name="tiny", title="Tiny", routers=[router], permissions={"thing.read": ("auditor",)})
    with pytest.raises(UndeclaredRoute, match="exports"):
        bare.application(settings_of())
