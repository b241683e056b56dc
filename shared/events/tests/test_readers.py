"""Readers: only what was declared, the same values as the full model, nothing dropped in silence."""

from typing import Any

import msgspec
import pytest
from pydantic import BaseModel

from events import EVENT_TYPES, Undecodable, UnknownVersion, decode
from events.readers import reader_for
from events.samples import Sample, sample_of, samples


def changed(name: str, **members: Any) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(sample_of(name).document) | members)


def plain(value: Any) -> Any:
    """Structs and models alike as dicts, so that they can be compared."""
    match value:
        case BaseModel():
            return {name: plain(each) for name, each in value.__dict__.items()}
        case msgspec.Struct():
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        case dict():
            return {name: plain(each) for name, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case _:
            return value


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: f"{sample.type}.v{sample.version}")
def test_a_reader_of_all_fields_sees_what_the_model_sees(sample: Sample) -> None:
    fields = list(EVENT_TYPES[sample.type].model.model_fields)
    slim = reader_for({sample.type: fields}, source=sample.owner).decode(sample.document)
    full = decode(sample.document)
    assert plain(slim.data) == plain(full.event)
    assert (slim.type, slim.id, slim.subject, slim.businessdate, slim.actor) == (
        *(full.type, full.id, full.subject, full.businessdate, full.actor),
    )


def test_a_reader_holds_only_the_declared_fields() -> None:
    reader = reader_for({"InvoiceIssued": ("number", "amount")}, source="credit-rating")
    event = reader.decode(sample_of("InvoiceIssued").document)
    assert event.data.__struct_fields__ == ("number", "amount")


def test_a_reader_leads_back_to_file_and_row() -> None:
    reader = reader_for({"InvoiceIssued": (), "OrderPlaced": ()}, source="credit-rating")
    invoice, order = (reader.decode(sample_of(name).document) for name in ("InvoiceIssued", "OrderPlaced"))
    assert (invoice.importid, invoice.importrow) == decode(sample_of("InvoiceIssued").document).imported
    assert (order.importid, order.importrow) == (None, None)


def test_types_that_are_not_declared_are_none_also_when_no_release_knows_them() -> None:
    reader = reader_for({"InvoiceIssued": ("number",)}, source="credit-rating")
    assert reader.decode(sample_of("PaymentReceived").document) is None
    assert reader.decode(changed("InvoiceIssued", type="InvoiceAdorned", schemaversion=7)) is None


def test_a_newer_version_is_unknown_even_where_its_fields_still_fit() -> None:
    reader = reader_for({"InvoiceIssued": ("number",)}, source="credit-rating")
    with pytest.raises(UnknownVersion):
        reader.decode(changed("InvoiceIssued", schemaversion=2))
    with pytest.raises(UnknownVersion):
        reader.decode(changed("InvoiceIssued", schemaversion=2, data={}))


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"[]",
        b"[" * 9_999,
        b'{"type":"InvoiceIssued","data":' + b"[" * 9_999,
        b"\xff\xfe",
        b'{"type":"InvoiceIssued"}',
        sample_of("InvoiceIssued").document[:-4],
        changed("InvoiceIssued", data={}),
        changed("InvoiceIssued", data={"number": 5}),
        changed("InvoiceIssued", id=None),
        changed("InvoiceIssued", type="InvoiceAdorned", data=None),
    ],
)
def test_what_is_broken_is_undecodable(broken: bytes) -> None:
    with pytest.raises(Undecodable):
        reader_for({"InvoiceIssued": ("number",)}, source="credit-rating").decode(broken)


def test_an_old_version_that_cannot_be_lifted_into_shape_is_undecodable() -> None:
    reader = reader_for({"VisitLogged": ("participants", "lesson")}, source="customer-registry")
    with pytest.raises(Undecodable):
        reader.decode(changed("VisitLogged", schemaversion=1, data={"participants": "A"}))


def test_a_declaration_names_types_and_fields_that_exist() -> None:
    with pytest.raises(TypeError, match="owns no event type"):
        reader_for({"InvoiceIssued": ("number",)}, source="tiering")
    with pytest.raises(TypeError, match="has no field colour"):
        reader_for({"InvoiceIssued": ("colour",)}, source="credit-rating")
