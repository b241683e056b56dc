"""Lists as files: every `Listing` is answered as CSV or XLSX, too, and each file is recorded before it is handed over.

`?format=csv` or `?format=xlsx`, or `Accept: text/csv` (or XLSX's media type), gives every row that the filters leave,
in the order asked for; more than `MOST_ROWS` of them are refused. The last column holds the id of the export, under
which the register says the list, its filters and the cut: so a figure of a file can be opened for ever.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from eventlog.cut_form import token_of
from eventlog.meta import Meta
from eventlog.position import Cut, cut_from_json, cut_to_json
from events.decider import Decider
from events.ids import request_hash, uuid7
from service.access import require
from service.caller import Caller
from service.exports import Column, csv_stream, write_xlsx
from service.list_columns import Spread, table_of
from service.presenting import POSITION, correlation
from service.problems import Problem

Format = Literal["csv", "xlsx"]
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES: dict[Format, str] = {"csv": CSV, "xlsx": XLSX}
FORMATS = {media_type: format for format, media_type in MEDIA_TYPES.items()}
MOST_ROWS = 20_000
"""Rows of a file: it is made within one request, in the memory of one process (20,000 of 12 columns: 4 s, 200 MB)."""
PERMISSION = "list.export"
OF_PAGES = frozenset({"cursor", "limit", "format", "known_at"})
"""What a query says that is no filter: the cut is recorded beside them."""
POSITIONS = """
select p.source, p.partition, p.sequence
from projection.position p join projection.generation g on p.reader = g.schema
"""


@dataclass(frozen=True, kw_only=True)
class Exports:
    """How a service records that a list went out: the decider, and its command."""

    decider: Decider[Any, Any]
    command: type[BaseModel]


class ListFile:
    """A list that is asked for as a file; `cut` is what its rows are known at, once they are read."""

    def __init__(self, request: Request, format: Format) -> None:
        self.request, self.format = request, format
        self.id: UUID = uuid7()
        self.cut: Cut | None = None

    @classmethod
    def wanted(cls, request: Request, format: Format | None, cursor: str | None) -> ListFile | None:
        """What is asked for; None: a page as JSON."""
        form = format or _accepted(request.headers.get("accept", ""))
        if form is None:
            return None
        held = request.app.state.runtime.held
        require(request.state.session.caller, PERMISSION, held, route=f"GET {request.scope['route'].path}")
        if cursor is not None:
            raise Problem("invalid", "A file holds the whole list.", errors=[
                {"in": "query", "name": "cursor", "code": "not_in_a_file", "detail": "leave it out"}])  # fmt: skip
        return cls(request, form)

    async def seen(self, conn: Any) -> None:
        """Remember the cut that a snapshot stands at: what its rows are known at unless the list says another."""
        found: dict[str, dict[int, int]] = {}
        for row in await conn.fetch(POSITIONS):
            found.setdefault(row["source"], {})[row["partition"]] = row["sequence"]
        self.cut = found

    async def of(self, page: Any, model: type[BaseModel], spread: Spread) -> Response:
        """Make the file of a page that holds every row, record it, and hand it over; `model` is its rows'."""
        if page.next is not None:
            raise Problem("list-too-long", f"This list has more than {MOST_ROWS:,} rows.", most_rows=MOST_ROWS)
        runtime, caller = self.request.app.state.runtime, self.request.state.session.caller
        cut, as_of = self._cut_of(page), getattr(page, "as_of", None) or runtime.settings.today()
        columns, values = await asyncio.to_thread(table_of, page.items, model, spread)
        columns.append(Column(key="exported_as", titles={}))
        content = await self._written(columns, [[*row, self.id] for row in values])
        exports: Exports = runtime.exports
        command = exports.command(
            resource=self.request.scope["route"].path, format=self.format, filters=self._filters, as_of=as_of,
            reach=caller.reach, code=caller.code, rows=len(values), cut=cut_to_json(cut),
            sha256=hashlib.sha256(content).hexdigest(), by=caller.login,
        )  # fmt: skip
        written = await runtime.log.handle(exports.decider, f"export-{self.id}", command, self._meta(command))
        headers = {
            "Content-Disposition": _attached(self._name(caller, as_of, cut)),
            "Cache-Control": "private, no-store",
            "Vary": "Accept",
            "Dealerlog-Export": str(self.id),
            POSITION: str(written.position),
        }
        media_type = "text/csv; charset=utf-8" if self.format == "csv" else XLSX
        return Response(content, media_type=media_type, headers=headers)

    def _cut_of(self, page: Any) -> Cut:
        said: Mapping[str, Mapping[str, int]] | None = getattr(page, "cut", None)
        cut = cut_from_json(said) if said is not None else self.cut
        if cut is None:
            raise TypeError(f"{self.request.url.path} says no cut: answer it with the page, or read by Asked.rows")
        return cut

    async def _written(self, columns: list[Column], values: list[list[Any]]) -> bytes:
        if self.format == "csv":  # a cell's own places, no more
            plain = [Column(key=each.key, titles={}, kind=each.kind, scale=0) for each in columns]
            return b"".join([piece async for piece in csv_stream(plain, values, most_rows=MOST_ROWS)])
        with TemporaryDirectory(prefix="dealerlog-") as folder:
            path = Path(folder) / "list.xlsx"
            await write_xlsx(path, columns, values, sheet="list", most_rows=MOST_ROWS)
            return path.read_bytes()

    @property
    def _filters(self) -> dict[str, str]:
        query = {name: value for name, value in self.request.query_params.items() if name not in OF_PAGES}
        return query | {name: str(value) for name, value in self.request.path_params.items()}

    def _meta(self, command: BaseModel) -> Meta:
        runtime, caller = self.request.app.state.runtime, self.request.state.session.caller
        return Meta(
            actor=caller.login, business_date=runtime.settings.today(), command_id=self.id,
            request_hash=request_hash(command.model_dump(mode="json")), correlation=correlation(self.request),
        )  # fmt: skip

    def _name(self, caller: Caller, as_of: date, cut: Cut) -> str:
        """The list, whose scope, as of which day, and eight characters that tell two cuts apart."""
        scope = f"{caller.reach}-{caller.code}" if caller.code else caller.reach
        short = hashlib.sha256(token_of(cut).encode()).hexdigest()[:8]
        return f"{self.request.url.path.strip('/').replace('/', '-')}-{scope}-{as_of}-{short}.{self.format}"


def _accepted(accept: str) -> Format | None:
    """The form of the first media type that a list has, as the header names them; None for JSON."""
    for part in accept.split(","):
        named = part.partition(";")[0].strip().lower()
        if named in FORMATS:
            return FORMATS[named]
        if named in ("application/json", "application/*", "*/*"):
            return None
    return None


def _attached(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
