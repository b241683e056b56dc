"""Schemas only grow compatibly, published files are never edited, and a breaking edit is noticed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from schema_growth import edited_since_publication, growth, model_problems, versions_problems

from events import EVENT_TYPES
from events import samples as sample_files
from events.catalogue import EventType
from events.samples import samples
from events.schemas import FOLDER, drift, path_of, registered
from events.upcasting import UPCASTERS, lift

Schema = dict[str, Any]
TYPES = sorted(EVENT_TYPES.values(), key=lambda kind: kind.name)
HELD = EVENT_TYPES["OrderHeld"]


def _drop_required(schema: Schema) -> None:
    schema["required"].remove("amount")
    del schema["properties"]["amount"]


def _promise_no_more(schema: Schema) -> None:
    schema["required"].remove("amount")


def _narrow_enum(schema: Schema) -> None:
    schema["$defs"]["HoldReason"]["properties"]["code"]["enum"].remove("overdue")


def _widen_enum(schema: Schema) -> None:
    schema["$defs"]["HoldReason"]["properties"]["code"]["enum"].append("weather")


def _change_type(schema: Schema) -> None:
    schema["properties"]["number"] = {"type": "integer"}


def _shorten(schema: Schema) -> None:
    schema["properties"]["number"]["maxLength"] = 8


def _demand(schema: Schema) -> None:
    schema["properties"]["carrier"] = {"type": "string"}
    schema["required"].append("carrier")


def _offer(schema: Schema) -> None:
    schema["properties"]["carrier"] = {"type": "string"}


BREAKING: list[tuple[Callable[[Schema], None], str]] = [
    (_drop_required, "amount"),
    (_promise_no_more, "amount"),
    (_narrow_enum, "reasons"),
    (_widen_enum, "reasons"),
    (_change_type, "number"),
    (_shorten, "number"),
    (_demand, "carrier"),
]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The schemas' folder, copied: a test may edit it."""
    return Path(shutil.copytree(FOLDER, tmp_path / "schemas", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


def edit(path: Path, change: Callable[[Schema], None], target: Path | None = None) -> None:
    schema = json.loads(path.read_text())
    change(schema)
    (target or path).write_text(json.dumps(schema))


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_the_model_keeps_the_registered_schema_and_versions_grow(kind: EventType) -> None:
    assert model_problems(kind) == []
    assert versions_problems(kind) == []


@pytest.mark.parametrize("folder", [FOLDER, sample_files.FOLDER], ids=["schemas", "samples"])
def test_published_files_are_never_edited(folder: Path) -> None:
    try:
        assert edited_since_publication(folder) == []
    except LookupError as reason:
        pytest.skip(f"this checkout cannot tell: {reason}")


@pytest.mark.parametrize(("change", "field"), BREAKING, ids=[change.__name__[1:] for change, _ in BREAKING])
def test_a_breaking_edit_turns_the_checks_red_and_names_the_field(
    copied: Path, change: Callable[[Schema], None], field: str
) -> None:
    assert model_problems(HELD, copied) == []
    edit(path_of(HELD, folder=copied), change)
    problems = growth(registered(HELD), registered(HELD, folder=copied))
    assert [each.split()[0] for each in problems] == [field]
    assert model_problems(HELD, copied)
    assert len(drift(folder=copied)) == 1


@pytest.mark.parametrize(("change", "field"), BREAKING, ids=[change.__name__[1:] for change, _ in BREAKING])
def test_a_new_version_that_breaks_needs_an_upcaster(
    copied: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Schema], None], field: str
) -> None:
    edit(path_of(HELD, folder=copied), change, path_of(HELD, 2, copied))
    second = HELD._replace(version=2)
    [problem] = versions_problems(second, copied)
    assert field in problem
    monkeypatch.setitem(UPCASTERS, ("OrderHeld", 1), lambda data, document: data)
    assert versions_problems(second, copied) == []


def test_a_new_version_that_only_offers_more_grows_compatibly(copied: Path) -> None:
    edit(path_of(HELD, folder=copied), _offer, path_of(HELD, 2, copied))
    assert versions_problems(HELD._replace(version=2), copied) == []


def test_without_its_upcaster_the_visit_would_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(UPCASTERS, ("VisitLogged", 1))
    [problem] = versions_problems(EVENT_TYPES["VisitLogged"])
    assert "participants has other values than before" in problem


def test_what_an_upcaster_makes_of_a_sample_satisfies_the_current_schema() -> None:
    old = [sample for sample in samples() if sample.version < EVENT_TYPES[sample.type].version]
    assert old
    for sample in old:
        kind, document = EVENT_TYPES[sample.type], json.loads(sample.document)
        lifted = lift(kind.name, sample.version, kind.version, document["data"], document)
        jsonschema.validate(lifted, registered(kind), jsonschema.Draft202012Validator)
