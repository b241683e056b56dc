"""Bulk rows: each has its own verdict, a bad line never touches its neighbours, nothing is half-done."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from service.app import Service
from service.bulk import LINE_BYTES, SLICE_ROWS, Row, RowVerdict, ndjson, parse
from service.context import Write
from service.routing import Router
from service.testing import bearer, settings_of


class Sale(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: str = Field(max_length=20)
    amount: Decimal = Field(gt=0, lt=10**12)


slices: list[list[Row[Sale]]] = []
breaks_at = [0]
router = Router("sales")


@router.post("/sales", permission="sale.record", accepts="application/x-ndjson", body_bytes="bulk_bytes", status=200)
async def record_sales(request: Request, write: Write) -> Response:
    """Sales, a verdict for each row."""

    async def record(rows: list[Row[Sale]]) -> list[RowVerdict]:
        slices.append(rows)
        if len(slices) == breaks_at[0]:
            raise ConnectionResetError
        if any(row.model.number == "poison" for row in rows):
            raise LookupError("what one row holds")
        seen = {row.model.number for rows in slices[:-1] for row in rows}
        return [_verdict(row, row.model.number in seen) for row in rows]

    return await ndjson(request, Sale, record)


def _verdict(row: Row[Sale], known: bool) -> RowVerdict:
    return RowVerdict(
        row=row.row, verdict="duplicate" if known else "accepted", position=f"tiny:{row.row % 2}:{row.row}:1"
    )


@pytest.fixture
def app() -> FastAPI:
    slices.clear()
    breaks_at[0] = 0
    service = Service(name="tiny", title="Tiny", routers=[router], permissions={"sale.record": ("importer",)})
    settings = settings_of(bulk_bytes=512 * 1024)
    return service.application(settings, runtime=service.runtime(settings))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    headers = bearer("importer") | {"Idempotency-Key": "b1", "Content-Type": "application/x-ndjson"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tiny", headers=headers) as client:
        yield client


def line(number: object = "N1", amount: object = "5.00", **more: object) -> bytes:
    return json.dumps({"number": number, "amount": amount, **more}).encode() + b"\n"


async def told(client: httpx.AsyncClient, body: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    answer = await client.post("/sales", content=body)
    assert answer.status_code == 200, answer.text
    *verdicts, last = [json.loads(text) for text in answer.text.splitlines()]
    return verdicts, last["summary"]


async def test_a_bad_line_is_rejected_with_a_reason_and_its_neighbours_are_taken(client: httpx.AsyncClient) -> None:
    lines = [line(), b"{broken\n", line("N2", "five"), line("N3", colour="red"), line("N4", "-1"), line("N5", 1e30),
             b"\xff\xfe\n", b"[]\n", line("N" * (LINE_BYTES + 5)), b'{"number":"N6","amount":NaN}\n',
             b'{"number":"N7","number":"N7","amount":1.5}\n', b"\n", line("last")[:-1]]  # fmt: skip
    verdicts, summary = await told(client, b"".join(lines))
    codes = [v.get("code", v["verdict"]) for v in verdicts]
    assert codes == ["accepted", "malformed-json", "invalid", "invalid", "invalid", "invalid", "malformed-json",
                     "invalid", "too-large", "malformed-json", "malformed-json", "accepted"]  # fmt: skip
    assert all(v["reason"] for v in verdicts if v["verdict"] == "rejected")
    assert [v["row"] for v in verdicts] == [*range(1, 12), 13]
    assert {row.model.number for rows in slices for row in rows} == {"N1", "last"}
    assert summary == {"rows": 12, "accepted": 2, "duplicates": 0, "rejected": 10, "positions": ["tiny:1:13:1"]}


async def test_rows_come_in_slices_and_positions_are_the_last_of_each_partition(client: httpx.AsyncClient) -> None:
    rows = 2 * SLICE_ROWS + 1
    _, summary = await told(client, b"".join(line(f"N{i}") for i in range(rows)))
    assert [len(each) for each in slices] == [SLICE_ROWS, SLICE_ROWS, 1]
    assert summary["accepted"] == rows and summary["positions"] == ["tiny:0:2000:1", "tiny:1:2001:1"]


async def test_a_failing_slice_tells_every_row_left_to_come_again(client: httpx.AsyncClient) -> None:
    breaks_at[0] = 2
    body = b"".join(line(f"N{i}") for i in range(3 * SLICE_ROWS))
    verdicts, summary = await told(client, body)
    assert summary["accepted"] == SLICE_ROWS and summary["rejected"] == 2 * SLICE_ROWS
    assert {(v["code"], v["retry"]) for v in verdicts[SLICE_ROWS:]} == {("temporarily-unavailable", True)}
    breaks_at[0] = 0
    _, again = await told(client, body)
    assert again["rejected"] == 0


async def test_a_row_that_fails_the_whole_slice_is_found_and_alone_refused(client: httpx.AsyncClient) -> None:
    body = b"".join(line(number) for number in ("N1", "N2", "poison", "N4")) + line("late")
    verdicts, summary = await told(client, body)
    assert [v["row"] for v in verdicts if v.get("code") == "internal"] == [3]
    assert summary["rejected"] == 1 and summary["duplicates"] + summary["accepted"] == 4


async def test_an_oversize_body_changes_nothing(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for i in range(40):
            yield b"".join(line(f"N{i}-{j}") for j in range(500))

    for content in (b"".join([line()] * 20_000), pieces()):
        answer = await client.post("/sales", content=content)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:dealerlog:problem:too-large")
    assert slices == []


async def test_json_is_not_ndjson(client: httpx.AsyncClient) -> None:
    answer = await client.post("/sales", content=line(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 415 and slices == []


@given(st.binary(max_size=200))
def test_no_line_whatever_breaks_the_parser(content: bytes) -> None:
    assert isinstance(parse(1, content, Sale), (Row, RowVerdict))


@given(st.decimals(min_value="0.01", max_value=10**11, places=4))
def test_an_amount_is_read_to_its_last_digit(amount: Decimal) -> None:
    for text in (f'"{amount}"', f"{amount}"):
        parsed = parse(1, f'{{"number":"N","amount":{text}}}'.encode(), Sale)
        assert isinstance(parsed, Row) and parsed.model.amount == amount
