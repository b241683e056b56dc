"""What each consumer relies on, and whether its producers still give it.

A consumer declares types and fields once, beside the code that uses them (`table.on(InvoiceIssued, uses=…)`); its
reader is generated from that declaration and its contract is checked against the producers' samples and schemas.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from events.catalogue import EVENT_TYPES, EventType
from events.readers import reader_for
from events.samples import Sample
from events.schemas import Schema
from events.unreadable import Unreadable
from events.upcasting import lift


class Consumption(NamedTuple):
    """A consumer and what it relies on: event type → fields of `data`."""

    consumer: str
    types: Mapping[str, frozenset[str]]

    def of(self, owner: str) -> dict[str, tuple[str, ...]]:
        """What it relies on of one owner, sorted: a declaration for `reader_for`."""
        return {
            name: tuple(sorted(fields))
            for name, fields in sorted(self.types.items())
            if name in EVENT_TYPES and EVENT_TYPES[name].owner == owner
        }

    @property
    def owners(self) -> list[str]:
        """The services whose events it reads."""
        return sorted({EVENT_TYPES[name].owner for name in self.types if name in EVENT_TYPES})


class Problem(NamedTuple):
    """A promise that a producer no longer keeps; `field` is empty where the whole event is meant."""

    consumer: str
    type: str
    version: int
    field: str
    sentence: str


def consumption(consumer: str, declared: Iterable[Mapping[str, Any]]) -> Consumption:
    """All declarations of one consumer as one; each is {type: fields} or {source: {type: fields}}."""
    types: dict[str, frozenset[str]] = {}
    for each in declared:
        for name, fields in _by_type(each):
            types[name] = types.get(name, frozenset()) | frozenset(fields)
    return Consumption(consumer, types)


def check(consumed: Consumption, given: Iterable[Sample], schemas: Mapping[str, Schema] | None = None) -> list[Problem]:
    """Every way in which samples, and the current versions' schemas if given, fall short of what a consumer uses."""
    relevant: dict[str, list[Sample]] = {name: [] for name in consumed.types}
    for sample in given:
        if sample.type in relevant:
            relevant[sample.type].append(sample)
    problems = []
    for name, fields in sorted(consumed.types.items()):
        kind = EVENT_TYPES.get(name)
        if kind is None:
            problems.append(Problem(consumed.consumer, name, 0, "", "the catalogue holds no such event type"))
            continue
        if kind.version not in {sample.version for sample in relevant[name]}:
            problems.append(Problem(consumed.consumer, name, kind.version, "", "no sample of the current version"))
        for sample in relevant[name]:
            problems += _shortfall(consumed.consumer, kind, fields, sample)
        if schemas is not None:
            problems += _unpromised(consumed.consumer, kind, fields, schemas[name])
    return problems


def _by_type(declared: Mapping[str, Any]) -> Iterable[tuple[str, Iterable[str]]]:
    for name, value in declared.items():
        if isinstance(value, Mapping):
            yield from value.items()
        else:
            yield name, value


def _shortfall(consumer: str, kind: EventType, fields: frozenset[str], sample: Sample) -> list[Problem]:
    """Fields that the sample, lifted to the current version, lacks; or why the consumer's reader cannot read it."""
    whole = json.loads(sample.document)
    try:
        data = lift(kind.name, sample.version, kind.version, whole["data"], whole)
    except Unreadable as error:
        return [Problem(consumer, kind.name, sample.version, "", f"cannot be lifted: {error}")]
    if missing := sorted(fields - data.keys()):
        return [Problem(consumer, kind.name, sample.version, each, "is used and not in the sample") for each in missing]
    try:
        read = reader_for({kind.name: sorted(fields)}, source=kind.owner).decode(sample.document)
    except (Unreadable, TypeError) as error:
        return [Problem(consumer, kind.name, sample.version, "", f"cannot be read: {error}")]
    assert read.type == kind.name
    return []


def _unpromised(consumer: str, kind: EventType, fields: frozenset[str], schema: Schema) -> list[Problem]:
    promised = set(schema.get("required", ()))
    return [
        Problem(consumer, kind.name, kind.version, field, "is used and not promised by the schema")
        for field in sorted(fields - promised)
    ]
