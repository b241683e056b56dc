"""Consumers: what they use must be there; one field less and it is said."""

import json
from typing import Any

import pytest

from events.catalogue import EVENT_TYPES
from events.consumers import check, consumption
from events.samples import Sample, sample_of, samples
from events.schemas import registered

DECLARED = [{"credit-rating": {"InvoiceIssued": ("number", "amount")}}, {"VisitLogged": ("participants",)}]
CONSUMED = consumption("reporting", [*DECLARED, {"InvoiceIssued": ("due_on",)}])


def edited(name: str, version: int | None = None, **data: Any) -> Sample:
    """A sample with some data changed; None takes the field away."""
    sample = sample_of(name, version)
    document = json.loads(sample.document)
    document["data"] = {field: value for field, value in (document["data"] | data).items() if value is not None}
    return sample._replace(document=json.dumps(document).encode())


def test_declarations_of_either_shape_add_up() -> None:
    assert CONSUMED.types == {
        "InvoiceIssued": frozenset({"number", "amount", "due_on"}),
        "VisitLogged": frozenset({"participants"}),
    }
    assert CONSUMED.owners == ["credit-rating", "customer-registry"]
    assert CONSUMED.of("credit-rating") == {"InvoiceIssued": ("amount", "due_on", "number")}


def test_the_samples_of_today_satisfy_what_is_used_in_every_version() -> None:
    schemas = {name: registered(kind) for name, kind in EVENT_TYPES.items()}
    assert check(CONSUMED, samples(), schemas) == []


@pytest.mark.parametrize("field", ["number", "amount", "due_on"])
def test_a_used_field_that_is_gone_is_a_problem(field: str) -> None:
    given = [edited("InvoiceIssued", **{field: None}), sample_of("VisitLogged")]
    [problem] = check(CONSUMED, given)
    assert (problem.consumer, problem.type, problem.field) == ("reporting", "InvoiceIssued", field)


def test_a_field_that_nobody_uses_may_go() -> None:
    assert check(CONSUMED, [edited("InvoiceIssued", order=None), sample_of("VisitLogged")]) == []


def test_a_field_of_another_type_is_a_problem() -> None:
    [problem] = check(CONSUMED, [edited("InvoiceIssued", number=12), sample_of("VisitLogged")])
    assert "cannot be read" in problem.sentence


def test_an_old_version_that_lacks_a_used_field_is_a_problem() -> None:
    lesson = consumption("reporting", [{"VisitLogged": ("lesson",)}])
    [problem] = check(lesson, [edited("VisitLogged", 1, lesson=None), sample_of("VisitLogged")])
    assert (problem.version, problem.field) == (1, "lesson")


def test_a_promise_taken_out_of_the_schema_is_a_problem() -> None:
    schemas = {name: registered(kind) for name, kind in EVENT_TYPES.items()}
    schemas["InvoiceIssued"]["required"].remove("due_on")
    [problem] = check(CONSUMED, samples(), schemas)
    assert (problem.field, problem.sentence) == ("due_on", "is used and not promised by the schema")


def test_a_type_without_sample_or_unknown_is_a_problem() -> None:
    assert [each.type for each in check(CONSUMED, [])] == ["InvoiceIssued", "VisitLogged"]
    [problem] = check(consumption("reporting", [{"InvoiceAdorned": ("number",)}]), samples())
    assert "no such event type" in problem.sentence
