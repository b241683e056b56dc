"""Whether a schema grew compatibly: what was written stays readable, what was promised stays promised."""

import copy
import json
from pathlib import Path
from typing import Any

from jsoncompat import check_compat

from events.catalogue import EventType
from events.schemas import FOLDER, registered, schema_of
from events.upcasting import UPCASTERS

Schema = dict[str, Any]
ROOT = Path(__file__).parents[2]


def growth(old: Schema, new: Schema) -> list[str]:
    """Sentences on every field where `new` is no compatible growth of `old`; empty if it is.

    Two questions, both needed: does a reader of `new` take all that was written under `old` (jsoncompat's role
    DESERIALIZER), and does what is written under `new` keep what readers of `old` rely on (SERIALIZER)? An owner writes
    no member that its own schema does not name, so the writing side is closed before it is compared.
    """
    refused = not _compatible(closed(old), _bare(new), "deserializer")
    broken = not _compatible(_bare(old), closed(new), "serializer")
    if not refused and not broken:
        return []
    return _culprits(old, new) or ["the schema as a whole is narrower than what was written before"]


def versions_problems(kind: EventType, folder: Path = FOLDER) -> list[str]:
    """Steps between consecutive versions that a reader can neither take as they are nor through an upcaster."""
    return [
        f"{kind.name} version {version + 1} does not read version {version} and nothing lifts it: {each}"
        for version in range(1, kind.version)
        if (kind.name, version) not in UPCASTERS
        for each in growth(registered(kind, version, folder), registered(kind, version + 1, folder))
    ]


def model_problems(kind: EventType, folder: Path = FOLDER) -> list[str]:
    """Where the model of the current version breaks the schema that is registered for it."""
    return [
        f"{kind.name} version {kind.version}: {each}"
        for each in growth(registered(kind, None, folder), schema_of(kind))
    ]


def closed(schema: Schema) -> Schema:
    """The schema of what an owner really writes: no member beside the named ones."""
    whole = _bare(schema)
    _close(whole)
    return whole


def _close(node: object) -> None:
    match node:
        case {"properties": dict(properties)}:
            assert isinstance(node, dict)
            node["additionalProperties"] = False
            for each in (*properties.values(), *node.get("$defs", {}).values()):
                _close(each)
        case dict():
            for each in node.values():
                _close(each)
        case list():
            for each in node:
                _close(each)


def _bare(schema: Schema) -> Schema:
    """Without the names by which jsoncompat would look for it elsewhere."""
    return {name: copy.deepcopy(value) for name, value in schema.items() if name not in ("$id", "$schema", "title")}


def _compatible(old: Schema, new: Schema, role: Any) -> bool:
    return check_compat(json.dumps(old), json.dumps(new), role)


def _culprits(old: Schema, new: Schema) -> list[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    promised, demanded = set(old.get("required", ())), set(new.get("required", ()))
    sentences = [f"{name} was promised and is no more" for name in sorted(promised - demanded)]
    sentences += [f"{name} is demanded and was not written before" for name in sorted(demanded - promised)]
    for name in sorted(before.keys() & after.keys()):
        was, now = _field(old, name), _field(new, name)
        if not _compatible(closed(was), _bare(now), "deserializer") or not _compatible(
            _bare(was), closed(now), "serializer"
        ):
            sentences.append(f"{name} has other values than before")
    return sentences


def _field(schema: Schema, name: str) -> Schema:
    return {**schema["properties"][name], "$defs": schema.get("$defs", {})}
