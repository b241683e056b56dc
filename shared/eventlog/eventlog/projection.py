"""Declare a table to be read: from which events, by which handler. Run live, rebuilt, or folded for one dealer.

    dealer = StateTable("dealer", key={"dealer": uuid}, columns={"name": text, "balance": money}, scope="dealer")

    @dealer.on(DealerOnboarded, uses=("name",))
    def onboarded(e):
        return Patch(key=(e.subject,), set={"name": e.data.name})

A handler reads nothing but its event. Architecture 3: what needs two sources is computed when read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from eventlog import mapping
from eventlog.columns import PROVENANCE, TOMBSTONE, Column, boolean, moment
from eventlog.columns import bigint as bigint
from eventlog.columns import day as day
from eventlog.columns import integer as integer
from eventlog.columns import json as json
from eventlog.columns import money as money
from eventlog.columns import text as text
from eventlog.columns import uuid as uuid
from eventlog.mapping import Copied, Given
from eventlog.ownership import Writes, writes_of
from events.catalogue import Event

Handler = TypeVar("Handler", bound=Callable[..., Any] | Copied)
Category = tuple[str, str]
"""Owner and stream category: ("credit-rating", "ledger")."""
HIDDEN = "hidden"
"""The scope of a table that no request reads: it is granted to nobody."""
PLACE = "place"
"""The scope of a table that has columns `territory`, `branch` or `region` of its own."""
PEOPLE = "people"
"""The scope of a table that has columns `branch` and `region` of its own and names two people in `by` and `to`."""

__all__ = [
    "HIDDEN",
    "PEOPLE",
    "PLACE",
    "FactsTable",
    "OrderDependent",
    "Patch",
    "StateTable",
    "Table",
    "bigint",
    "boolean",
    "consumes",
    "day",
    "integer",
    "json",
    "moment",
    "money",
    "text",
    "uuid",
]  # fmt: skip


class OrderDependent(TypeError):
    """Two streams would write one column, or one column in two ways: the order of topics would show."""


class Patch(msgspec.Struct, frozen=True):
    """What one event does to one row: columns set, summed, raised. The row appears with its first patch.

    `key` in the order of the table's key. A set column belongs to one stream category; sums start at 0, the rest NULL.
    """

    key: tuple[Any, ...]
    set: dict[str, Any] | None = None
    add: dict[str, Any] | None = None
    max: dict[str, Any] | None = None


class Rule(msgspec.Struct, frozen=True):
    """One event type's effect on one table."""

    source: str
    type: str
    category: Category
    uses: tuple[str, ...]
    handler: Callable[[Any], Any] | Copied
    writes: Writes


class Table:
    """What state and facts tables share: name, columns, scope, indexes and the rules that fill them.

    `scope` names the column by which row-level security finds the dealer in `dealer_scope`; None: all of the service;
    `HIDDEN`: no request.
    `changed` names columns whose values a rebuild may alter ("*": the whole table), until the next release.
    """

    kind: Literal["state", "facts"]

    def __init__(
        self,
        name: str,
        *,
        key: Mapping[str, Column],
        columns: Mapping[str, Column],
        scope: str | None,
        indexes: Sequence[Sequence[str]],
        changed: Sequence[str],
    ) -> None:
        self.name, self.scope, self.changed = name, scope, frozenset(changed)
        self.key, self.columns = dict(key), dict(columns)
        self.indexes = tuple(tuple(index) for index in indexes)
        self.sparse: tuple[tuple[str, ...], ...] = ()
        self.rules: list[Rule] = []
        self._known({column for index in self.indexes for column in index} | self.changed - {"*"})
        self._known({scope} if scope and scope not in (HIDDEN, PLACE, PEOPLE) else set())

    @property
    def every(self) -> dict[str, Column]:
        """All columns as they stand in the table, the key first."""
        return self.key | self.columns

    def on(
        self,
        *events: type[Event],
        uses: Sequence[str] = (),
        sets: Sequence[str] | None = None,
        adds: Sequence[str] | None = None,
        maxes: Sequence[str] | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare the handler of these event types and the fields of `data` that it uses (no other is decoded).

        `sets`, `adds`, `maxes` only where the handler's own source does not show them (see `ownership`).
        Raises TypeError for a field the event lacks, `OrderDependent` for a column that another stream writes.
        """

        def declare(handler: Handler) -> Handler:
            declared = sets is not None or adds is not None or maxes is not None
            named = Writes(frozenset(sets or ()), frozenset(adds or ()), frozenset(maxes or ()))
            for event in events:
                kind = event.event_type
                if missing := set(uses) - set(event.model_fields):
                    raise TypeError(f"{self.name}: {kind.name} has no field {', '.join(sorted(missing))}")
                if any(rule.type == kind.name and rule.source == kind.owner for rule in self.rules):
                    raise TypeError(f"{self.name}: {kind.name} has a handler already")
                writes = named if declared else self._writes_of(handler)
                rule = Rule(kind.owner, kind.name, (kind.owner, kind.stream), tuple(uses), handler, writes)
                self._admit(rule)
                self.rules.append(rule)
            return handler

        return declare

    @property
    def consumes(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Source → event type → fields used: what this table relies on, for readers and contract tests."""
        return consumes([self])

    def _writes_of(self, handler: Any) -> Writes:
        return Writes(frozenset(), frozenset(), frozenset())

    def _admit(self, rule: Rule) -> None:
        """Refuse a rule that would make the table depend on the order of topics."""

    def _known(self, names: set[str]) -> None:
        if unknown := names - set(self.every):
            raise TypeError(f"{self.name} has no column {', '.join(sorted(unknown))}")


class FactsTable(Table):
    """Rows that are only added, each with the event it came from (`columns.PROVENANCE`). A handler returns dicts.

    `sparse`: indexes of only those rows whose first indexed column is not NULL.
    """

    kind = "facts"

    def __init__(
        self,
        name: str,
        *,
        columns: Mapping[str, Column],
        scope: str | None = None,
        indexes: Sequence[Sequence[str]] = (),
        sparse: Sequence[Sequence[str]] = (),
        changed: Sequence[str] = (),
    ) -> None:
        if taken := set(columns) & set(PROVENANCE):
            raise TypeError(f"{name}: the engine writes {', '.join(sorted(taken))} itself")
        super().__init__(name, key={}, columns={**columns, **PROVENANCE}, scope=scope, indexes=indexes, changed=changed)
        self.declared = tuple(columns)
        self.sparse = tuple(tuple(index) for index in sparse)
        self._known({column for index in self.sparse for column in index})

    def copies(self, *events: type[Event], **columns: Given) -> None:
        """Declare that each of these events is one row of its own fields: column → field (see `mapping`).

        Columns not named are NULL. Raises TypeError for a column that the table, or a field that the event lacks.
        """
        if unknown := set(columns) - set(self.declared):
            raise TypeError(f"{self.name} has no column {', '.join(sorted(unknown))}")
        used = mapping.fields(columns.values())
        self.on(*events, uses=used)(Copied(columns))


class StateTable(Table):
    """One row a key, folded from patches. Rows are tombstoned (`tombstone`, a set column), never deleted."""

    kind = "state"

    def __init__(
        self,
        name: str,
        *,
        key: Mapping[str, Column],
        columns: Mapping[str, Column],
        scope: str | None = None,
        indexes: Sequence[Sequence[str]] = (),
        changed: Sequence[str] = (),
    ) -> None:
        if not key:
            raise TypeError(f"{name} needs a key")
        with_tombstone = {**columns, TOMBSTONE: boolean}
        super().__init__(name, key=key, columns=with_tombstone, scope=scope, indexes=indexes, changed=changed)
        self.written: dict[str, tuple[str, Category | None]] = {}

    @property
    def sums(self) -> frozenset[str]:
        """Columns that are summed: NOT NULL, 0 before the first addition."""
        return frozenset(column for column, (operation, _) in self.written.items() if operation == "add")

    def _writes_of(self, handler: Any) -> Writes:
        return writes_of(handler)

    def _admit(self, rule: Rule) -> None:
        written = dict(self.written)
        for operation, names in zip(("set", "add", "max"), rule.writes, strict=True):
            self._known(set(names))
            for name in names:
                column, owner = self.every[name], rule.category if operation == "set" else None
                if name in self.key or (operation == "add" and not column.summed):
                    raise TypeError(f"{self.name}.{name} cannot be the target of {operation}")
                if operation == "max" and not column.ordered:
                    raise TypeError(f"{self.name}.{name} has no order that PostgreSQL and Python share")
                if written.setdefault(name, (operation, owner)) != (operation, owner):
                    raise OrderDependent(
                        f"{self.name}.{name}: {rule.type} would {operation} what {written[name]} already writes"
                    )
        self.written = written


def consumes(tables: Iterable[Table]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Source → event type → the union of fields that these tables use, sorted."""
    found: dict[str, dict[str, set[str]]] = {}
    for table in tables:
        for rule in table.rules:
            found.setdefault(rule.source, {}).setdefault(rule.type, set()).update(rule.uses)
    return {
        source: {name: tuple(sorted(types[name])) for name in sorted(types)} for source, types in sorted(found.items())
    }
