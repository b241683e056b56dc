"""The catalogue: one owner a type, one place to declare it."""

import importlib
from typing import Any

import pytest
from pydantic import BaseModel

import events
from events.catalogue import EVENT_TYPES, OWNERS, STREAMS, Event, EventType, streams

TYPES = sorted(EVENT_TYPES.values(), key=lambda kind: kind.name)
MODULES = ("credit_rating", "customer_registry", "ledger", "reporting", "shapes", "tiering")
SHARED_SHAPES = {"ImportStarted", "ImportCompleted", "ImportUndone", "SaleLine"}


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> dict[str, EventType]:
    """A copy of the catalogue that a test may add to."""
    copy = dict(EVENT_TYPES)
    monkeypatch.setattr("events.catalogue.EVENT_TYPES", copy)
    return copy


def test_every_service_owns_types_and_every_stream_category_has_some() -> None:
    used = {(kind.owner, kind.stream) for kind in TYPES}
    assert used == {(owner, category) for owner in OWNERS for category in STREAMS[owner]}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_a_type_says_in_one_sentence_what_happened(kind: EventType) -> None:
    assert (kind.model.__doc__ or "").strip().partition("\n")[0].endswith((".", ")", ":")), kind.name
    assert kind.model.event_type is kind


def test_everything_that_is_declared_can_be_imported_from_the_package() -> None:
    declared = {
        name
        for module in MODULES
        for name, each in vars(importlib.import_module(f"events.types.{module}")).items()
        if isinstance(each, type) and issubclass(each, BaseModel) and each.__module__ == f"events.types.{module}"
    }
    assert declared - SHARED_SHAPES <= set(events.__all__)
    assert all(hasattr(events, name) for name in events.__all__)


def test_a_name_belongs_to_one_type(catalogue: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="declared twice"):
        type("InvoiceIssued", (Event,), {}, owner="tiering", stream="sales")


def test_a_type_needs_a_stream_that_its_owner_declares(catalogue: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="declares no stream category 'ledger'"):
        type("LedgerClosed", (Event,), {}, owner="tiering", stream="ledger")
    assert "LedgerClosed" not in catalogue


def test_streams_are_declared_once_and_by_a_service() -> None:
    with pytest.raises(TypeError, match="twice"):
        streams("tiering", {"sales": "facts"})
    with pytest.raises(TypeError, match="not a service"):
        streams("warehouse", {"stock": "facts"})
