"""Schemas: written once, open, and drift is said."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from events import EVENT_TYPES
from events.catalogue import EventType
from events.samples import Sample, samples
from events.schemas import FOLDER, drift, path_of, registered, schema_of, write_missing
from events.schemas.__main__ import main

TYPES = sorted(EVENT_TYPES.values(), key=lambda kind: kind.name)
INVOICE = EVENT_TYPES["InvoiceIssued"]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The schemas' folder, copied: a test may edit it."""
    return Path(shutil.copytree(FOLDER, tmp_path / "schemas", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


def test_models_and_files_agree() -> None:
    assert drift() == []
    assert main(["--check"]) == 0


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: f"{sample.type}.v{sample.version}")
def test_a_sample_satisfies_the_schema_of_its_version(sample: Sample) -> None:
    data = json.loads(sample.document)["data"]
    schema = registered(EVENT_TYPES[sample.type], sample.version)
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(data)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_a_schema_is_open_and_promises_every_field(kind: EventType) -> None:
    schema = schema_of(kind)
    assert set(schema["required"]) == set(schema["properties"]) == set(kind.model.model_fields)
    assert '"additionalProperties": false' not in json.dumps(schema)


def test_a_missing_schema_is_said_and_then_written(copied: Path) -> None:
    path_of(INVOICE, folder=copied).unlink()
    assert drift(folder=copied) == ["InvoiceIssued version 1 has no schema: run `python -m events.schemas`"]
    assert write_missing(folder=copied) == [path_of(INVOICE, folder=copied)]
    assert drift(folder=copied) == []


def test_an_existing_schema_is_never_touched(copied: Path) -> None:
    path = path_of(INVOICE, folder=copied)
    path.write_text('{"type": "object"}')
    assert write_missing(folder=copied) == []
    assert path.read_text() == '{"type": "object"}'
    [problem] = drift(folder=copied)
    assert "declare version 2 with an upcaster" in problem


def test_a_schema_of_no_type_is_said(copied: Path) -> None:
    (copied / "tiering" / "SaleDreamt.v1.json").write_text("{}")
    assert drift(folder=copied) == ["tiering/SaleDreamt.v1.json belongs to no type of the catalogue"]


def test_a_field_that_is_named_like_prose_stays() -> None:
    assert "description" in schema_of(EVENT_TYPES["SaleRecorded"])["properties"]
