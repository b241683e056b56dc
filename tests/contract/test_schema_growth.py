"""Schemas only grow compatibly, published files are never edited, and a breaking edit is noticed."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from published import Published
from schema_growth import growth, model_problems, versions_problems

from events import EVENT_TYPES, Undecodable
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


def test_published_files_are_never_edited() -> None:
    assert Published().unlocked() == []
    try:
        assert Published().broken() == []
    except LookupError as reason:
        pytest.skip(f"this checkout has no history to compare with: {reason}")


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def committed(here: Published) -> Published:
    git(here.root, "add", ".")
    git(here.root, "commit", "-m", "Change what is published")
    return here


@pytest.fixture
def checkout(tmp_path: Path) -> Published:
    """A repository with a few schemas and samples, locked and committed."""
    here = Published(tmp_path, tmp_path / "published.json", tmp_path / "schemas", tmp_path / "samples")
    for folder, source in ((here.schemas, FOLDER), (here.samples, sample_files.FOLDER)):
        folder.joinpath("credit-rating").mkdir(parents=True)
        for path in source.glob("credit-rating/Order*.json"):
            shutil.copy(path, folder / "credit-rating")
    git(tmp_path, "init", "-q")
    assert here.lock_anew() == []
    return committed(here)


def lock_by_hand(here: Published) -> None:
    here.lock.unlink()
    assert here.lock_anew() == [] == here.unlocked()


@pytest.mark.parametrize(("change", "field"), BREAKING, ids=[change.__name__[1:] for change, _ in BREAKING])
def test_a_breaking_edit_is_red_also_when_it_is_committed_with_its_lock(
    checkout: Published, change: Callable[[Schema], None], field: str
) -> None:
    assert checkout.unlocked() == [] == checkout.broken()
    edit(path_of(HELD, folder=checkout.schemas), change)
    assert [each.split()[0] for each in checkout.unlocked()] == ["schemas/credit-rating/OrderHeld.v1.json"]
    (refused,) = checkout.lock_anew()
    assert f"OrderHeld.v1.json: {field} " in refused
    committed(checkout)
    assert checkout.lock_anew() == [refused] == checkout.broken() and checkout.unlocked()
    lock_by_hand(checkout)
    assert committed(checkout).broken() == [refused]


def test_a_schema_that_only_offers_more_may_be_locked_anew(checkout: Published) -> None:
    edit(path_of(HELD, folder=checkout.schemas), _offer)
    assert checkout.unlocked()
    assert checkout.lock_anew() == [] == checkout.unlocked()
    assert committed(checkout).broken() == []


def test_a_published_file_does_not_disappear(checkout: Published) -> None:
    path_of(HELD, folder=checkout.samples).unlink()
    (gone,) = checkout.lock_anew()
    assert gone == "samples/credit-rating/OrderHeld.v1.json was published and is gone: bring it back"
    lock_by_hand(checkout)
    assert committed(checkout).broken() == [gone]


def test_a_sample_that_was_published_decodes_for_ever(checkout: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(sample_files.path_of(HELD, folder=checkout.samples), lambda sample: sample["data"].update(number="O-2"))
    assert checkout.lock_anew() == []
    assert committed(checkout).broken() == []

    def undecodable(document: bytes) -> None:
        raise Undecodable("of a version that nobody reads")

    monkeypatch.setattr("published.decode", undecodable)
    (red,) = checkout.broken()
    assert "the sample as it was published does not decode any more" in red


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
