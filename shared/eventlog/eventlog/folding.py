"""How a stream becomes a state, and the hash of the code that does it: a head made by other code is not used."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import Any

import msgspec

from eventlog.refusals import Unreadable
from events import Decider, decode
from events.unreadable import Unreadable as EventUnreadable

OURS = ("events", "rules", "eventlog", "service", "customer_registry", "credit_rating", "tiering", "reporting")


def fold(decider: Decider[Any, Any], state: Any, documents: Iterable[bytes]) -> Any:
    """The state after these documents; raises `Unreadable` for one that this code cannot read."""
    for document in documents:
        try:
            state = decider.evolve(state, decode(document).event)
        except EventUnreadable as error:
            raise Unreadable(f"{error}: deploy the code that knows it, or ask who owns it") from error
    return state


def encode_state(state: Any) -> bytes:
    """A head's bytes."""
    return msgspec.json.encode(state)


def decode_state(decider: Decider[Any, Any], state: bytes) -> Any:
    """A head's bytes as the decider's state."""
    return msgspec.json.decode(state, type=decider.state)


@cache
def _sources_hash(modules: tuple[str, ...]) -> bytes:
    """SHA-256 over the sources of these modules and of all of ours that they import, at any depth."""
    seen: dict[str, bytes] = {}
    todo = list(modules)
    while todo:
        name = todo.pop()
        if name in seen or name.split(".")[0] not in OURS:
            continue
        spec = find_spec(name) if name not in sys.modules else sys.modules[name].__spec__
        if spec is None or not spec.origin:
            continue
        source = Path(spec.origin).read_bytes()
        seen[name] = source
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                todo += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                module = (
                    resolve_name("." * node.level + (node.module or ""), _package(spec)) if node.level else node.module
                )
                todo.append(str(module))
                todo += [each for alias in node.names if (each := f"{module}.{alias.name}") in sys.modules]
    digest = sha256()
    for name in sorted(seen):
        digest.update(f"{name} {len(seen[name])}\n".encode() + seen[name])
    return digest.digest()[:16]


def _package(spec: ModuleSpec) -> str:
    return spec.name if spec.submodule_search_locations is not None else spec.parent or ""


def fold_hash(decider: Decider[Any, Any]) -> bytes:
    """16 bytes that change whenever any code behind this fold does: evolve, its imports, the catalogue, upcasters."""
    return _sources_hash((decider.evolve.__module__, decider.state.__module__, "events", "events.upcasting"))
