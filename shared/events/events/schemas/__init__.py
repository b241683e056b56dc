"""JSON Schemas of events' `data`, one file a type and version: written once from the model, in git, never edited.

A schema says what the owner writes: every member it always writes is required, and more members may come.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from events.catalogue import EVENT_TYPES, EventType

FOLDER = Path(__file__).parent
Schema = dict[str, Any]


class Bare(GenerateJsonSchema):
    """Names and rules without prose: a better docstring must not look like another contract."""

    def generate(self, schema: Any, mode: Any = "serialization") -> Schema:
        bare: Schema = _without_prose(super().generate(schema, mode))
        return bare


def schema_of(kind: EventType) -> Schema:
    """The schema that the model of a type stands for now."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:dealerlog:{kind.owner}:{kind.name}:{kind.version}",
        "title": kind.name,
    }
    return head | part_schema(kind.model)


def part_schema(model: type[BaseModel]) -> Schema:
    """The bare schema of a model as it is written."""
    return model.model_json_schema(mode="serialization", schema_generator=Bare)


def path_of(kind: EventType, version: int | None = None, folder: Path = FOLDER) -> Path:
    """Where the schema of a type's version lies; the current version unless told."""
    return folder / kind.owner / f"{kind.name}.v{version or kind.version}.json"


def registered(kind: EventType, version: int | None = None, folder: Path = FOLDER) -> Schema:
    """The schema in git of a type's version; raises FileNotFoundError where it was never written."""
    schema: Schema = json.loads(path_of(kind, version, folder).read_bytes())
    return schema


def drift(kinds: Iterable[EventType] | None = None, folder: Path = FOLDER) -> list[str]:
    """What differs between models and files, as sentences; empty if nothing does."""
    kinds = list(EVENT_TYPES.values() if kinds is None else kinds)
    problems = [each for kind in kinds for each in _drift_of(kind, folder)]
    expected = {path_of(kind, version, folder) for kind in kinds for version in range(1, kind.version + 1)}
    strays = sorted(set(folder.glob("*/*.json")) - expected)
    return problems + [f"{path.relative_to(folder)} belongs to no type of the catalogue" for path in strays]


def write_missing(kinds: Iterable[EventType] | None = None, folder: Path = FOLDER) -> list[Path]:
    """Write the schema of every current version that has none yet; existing files are never touched."""
    written = []
    for kind in EVENT_TYPES.values() if kinds is None else kinds:
        path = path_of(kind, folder=folder)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            written.append(path)
    return written


def _drift_of(kind: EventType, folder: Path) -> list[str]:
    missing = [
        f"{kind.name} version {version} has no schema: run `python -m events.schemas`"
        for version in range(1, kind.version + 1)
        if not path_of(kind, version, folder).exists()
    ]
    if missing or registered(kind, folder=folder) == schema_of(kind):
        return missing
    return [
        f"{kind.name} version {kind.version} is published and its model says something else now: "
        f"undo the change, or declare version {kind.version + 1} with an upcaster"
    ]


def _without_prose(schema: Any) -> Any:
    match schema:
        case {"properties": dict(properties), **rest}:
            kept = {name: _without_prose(each) for name, each in properties.items()}
            return {**_without_prose(rest), "properties": kept}
        case dict():
            return {
                name: _without_prose(each)
                for name, each in schema.items()
                if name not in ("title", "description", "default")
            }
        case list():
            return [_without_prose(each) for each in schema]
        case _:
            return schema
