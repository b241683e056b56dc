"""Lists that filter, sort and page by what they declare, and by nothing else.

    REVIEWS = Listing(ROWS, ReviewRow, key=("dealer",), sorts=("due", "grade"), nullable=("grade",), default="due",
                      filters={"stage": equals("stage", Stage)})

    @router.get("/credit-reviews", permission="review.read", answers=Page[ReviewRow])
    async def list_reviews(read: Read, asked: Annotated[Asked, Depends(REVIEWS.asked)]) -> Page[ReviewRow]:
        async with read.snapshot() as conn:
            return asked.page(await asked.rows(conn))

`sort` and `descending` choose among the declared orders; NULL comes last in both directions, and the key decides
ties. A cursor holds where the last row stood, and opens only the list, order and filters that it came from.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import Query, Request, Response
from pydantic import BaseModel

from service.list_columns import Spread
from service.list_files import MOST_ROWS, Format, ListFile
from service.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest, T, requested_page
from service.problems import Problem

Row = Mapping[str, Any]
Word = Annotated[str, Query(max_length=200)]
"""A filter's text."""


class Filter(NamedTuple):
    """What narrows a list: the type of its value, and the condition on a row, in which `{}` is the value."""

    kind: Any
    where: str = ""


def equals(column: str, kind: Any = Word) -> Filter:
    """Rows whose column is that value."""
    return Filter(kind, f"{column} = {{}}")


def at_least(column: str, kind: Any) -> Filter:
    """Rows whose column is that value or more."""
    return Filter(kind, f"{column} >= {{}}")


def at_most(column: str, kind: Any) -> Filter:
    """Rows whose column is that value or less."""
    return Filter(kind, f"{column} <= {{}}")


def computed(kind: Any) -> Filter:
    """A filter by what no statement knows: the route applies it to the rows that it computed."""
    return Filter(kind)


class Listing:
    """The declaration of one list.

    Parameters
    ----------
    rows: the select that gives its rows; `$1`, `$2`, … are what the route passes to `Asked.rows`.
    key: columns that together are unique and never NULL; they decide ties.
    sorts: columns that it can be sorted by; those in `nullable` may be NULL. `default` is one of them, `-` for falling.
    spread: fields that are lists, of which a file makes a column an item (`service.list_columns`).
    """

    def __init__(self, rows: str, model: type[BaseModel], *, key: Sequence[str], sorts: Iterable[str], default: str,
                 nullable: Iterable[str] = (), filters: Mapping[str, Filter] | None = None,
                 spread: Spread | None = None) -> None:  # fmt: skip
        self.select, self.model, self.key, self.spread = rows, model, tuple(key), dict(spread or {})
        self.sorts, self.nullable, self.filters = tuple(sorts), frozenset(nullable), dict(filters or {})
        self.default, self.falling = default.removeprefix("-"), default.startswith("-")
        if unknown := (self.nullable | {self.default}) - set(self.sorts):
            raise TypeError(f"{model.__name__}: {', '.join(sorted(unknown))} is no order of this list")
        self.asked = self._dependency()

    def _dependency(self) -> Callable[..., Awaitable[Asked]]:
        """What FastAPI calls to read a request: its parameters are the declared ones."""
        named: Any = Literal.__getitem__(self.sorts)
        falling = f"the largest first; unless said, {'true' if self.falling else 'false'} for the default order"
        limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="rows a page")]
        cursor = Annotated[str | None, Query(max_length=2000, description="`next` of the page before")]
        form = Annotated[Format | None, Query(description="the whole list as a file; Accept says it, too")]
        parameters: dict[str, tuple[Any, Any]] = {
            "request": (Request, inspect.Parameter.empty),
            "response": (Response, inspect.Parameter.empty),
            "limit": (limit, DEFAULT_LIMIT),
            "cursor": (cursor, None),
            "sort": (Annotated[named, Query(description="NULL comes last either way")], self.default),
            "format": (form, None),
            "descending": (Annotated[bool | None, Query(description=falling)], None),
        } | {name: (_optional(each.kind), None) for name, each in self.filters.items()}

        async def asked(*, request: Request, response: Response, limit: int, cursor: str | None, sort: str,
                        descending: bool | None, format: Format | None, **filters: Any) -> Asked:  # fmt: skip
            file = ListFile.wanted(request, format, cursor)
            page = requested_page(request, response, MOST_ROWS if file else limit, cursor)
            falling = descending if descending is not None else self.falling and sort == self.default
            return Asked(self, page, sort, falling, {n: v for n, v in filters.items() if v is not None}, file)

        signature = inspect.Signature(
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
                for name, (kind, default) in parameters.items()
            ]
        )
        asked.__signature__ = signature  # type: ignore[attr-defined]  # FastAPI reads it
        asked.listing = self  # type: ignore[attr-defined]  # a route's files follow from it
        return asked


class Asked:
    """What a request asks of a list: `filters` hold the given ones only; `file`: all of it, to go out as one."""

    def __init__(self, listing: Listing, page: PageRequest, sort: str, descending: bool,
                 filters: Mapping[str, Any], file: ListFile | None = None) -> None:  # fmt: skip
        self.listing, self.request, self.sort, self.descending = listing, page, sort, descending
        self.filters, self.file = dict(filters), file

    async def rows(self, conn: Any, *arguments: Any) -> list[Row]:
        """The rows of the page and one more, if there is one."""
        query, values = self.query(len(arguments) + 1)
        await self.at(conn)
        return [dict(row) for row in await conn.fetch(query, *arguments, *values)]

    async def every(self, conn: Any, *arguments: Any) -> list[Row]:
        """Every row that the filters leave, in no order: for a list of which something is computed."""
        query, values = self.query(len(arguments) + 1, paged=False)
        await self.at(conn)
        return [dict(row) for row in await conn.fetch(query, *arguments, *values)]

    async def at(self, conn: Any) -> None:
        """Let a file know the cut of the snapshot that its rows come from."""
        if self.file is not None:
            await self.file.seen(conn)

    def query(self, first: int, *, paged: bool = True) -> tuple[str, list[Any]]:
        """The statement of this page, and its parameters from number `first` on."""
        values: list[Any] = []

        def given(value: Any) -> str:
            values.append(value)
            return f"${first + len(values) - 1}"

        wanted = [(self.listing.filters[name].where, value) for name, value in self.filters.items()]
        conditions = [where.replace("{}", given(value)) for where, value in wanted if where]
        conditions += self._after(given) if paged else []
        statement = f"select * from ({self.listing.select}) as listed where {' and '.join(conditions) or 'true'}"
        return f"{statement} {self._order} limit {self.request.limit + 1}" if paged else statement, values

    @property
    def _columns(self) -> list[str]:
        return [self.sort, *(column for column in self.listing.key if column != self.sort)]

    @property
    def _order(self) -> str:
        falling = " desc" if self.descending else ""
        first, *rest = (f'"{column}"{falling}' for column in self._columns)
        last = " nulls last" if self.descending and self.sort in self.listing.nullable else ""
        return "order by " + ", ".join([first + last, *rest])

    def _after(self, given: Callable[[Any], str]) -> list[str]:
        """The condition of rows behind the cursor."""
        keys = self._keys()
        if keys is None:
            return []
        null = f'"{self.sort}" is null'
        skipped = 1 if keys[0] is None else 0
        columns = ", ".join(f'"{column}"' for column in self._columns[skipped:])
        bounds = ", ".join(given(key) for key in keys[skipped:])
        behind = f"({columns}) {'<' if self.descending else '>'} ({bounds})"
        if skipped:
            return [null, behind]
        return [f"({behind} or {null})" if self.sort in self.listing.nullable else behind]

    def _keys(self) -> tuple[Any, ...] | None:
        keys = self.request.keys
        if keys is not None and len(keys) != len(self._columns):
            raise Problem("invalid-cursor")
        return keys

    def keys(self, row: Row) -> tuple[Any, ...]:
        """Where a row stands in the order: what a cursor holds."""
        return tuple(row[column] for column in self._columns)

    def of_computed(self, rows: Iterable[Row]) -> list[Row]:
        """The same for rows that no statement can sort, since they are computed: in order, behind the cursor."""
        by_keys = sorted(rows, key=lambda row: self.keys(row)[1:], reverse=self.descending)
        known = sorted((r for r in by_keys if r[self.sort] is not None), key=lambda r: r[self.sort],
                       reverse=self.descending)  # fmt: skip
        ordered = [*known, *(row for row in by_keys if row[self.sort] is None)]
        keys = self._keys()
        behind = ordered if keys is None else [row for row in ordered if self._is_behind(self.keys(row), keys)]
        return behind[: self.request.limit + 1]

    def _is_behind(self, row: tuple[Any, ...], cursor: tuple[Any, ...]) -> bool:
        if (row[0] is None) != (cursor[0] is None):
            return row[0] is None
        skipped = 1 if row[0] is None else 0
        one, other = row[skipped:], cursor[skipped:]
        return one < other if self.descending else one > other

    def page(self, rows: Sequence[Row], answer: type[T] | None = None) -> Page[T]:
        """The page of up to `limit` rows of those and the one more that `rows` gave."""
        model: Any = answer or self.listing.model
        return self.request.of(rows, self, model)


def exportable(endpoint: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A handler whose page goes out as a file where one is asked for; one without a `Listing` is left as it is."""

    @functools.wraps(endpoint)
    async def answered(**arguments: Any) -> Any:
        answer = await endpoint(**arguments)
        asked = next((each for each in arguments.values() if isinstance(each, Asked)), None)
        if asked is None or asked.file is None:
            return answer
        return await asked.file.of(answer, asked.listing.model, asked.listing.spread)

    return answered


def _optional(kind: Any) -> Any:
    """The same type or nothing; what it says of its parameter is kept."""
    metadata = getattr(kind, "__metadata__", ())
    return Annotated[(kind.__origin__ | None, *metadata)] if metadata else kind | None
