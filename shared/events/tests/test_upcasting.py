"""Upcasting: a shipped type with two versions reads the same live, in a rebuild and in a fold."""

import msgspec
import pytest

from events import EVENT_TYPES, Undecodable, UnknownVersion, VisitLogged, decode
from events.readers import reader_for
from events.samples import sample_of, samples
from events.upcasting import lift, upcast

FIELDS = ("participants", "lesson", "representative")


def test_version_1_of_a_visit_becomes_version_2() -> None:
    first, second = decode(sample_of("VisitLogged", 1).document), decode(sample_of("VisitLogged", 2).document)
    assert (first.schemaversion, second.schemaversion) == (1, 2)
    assert isinstance(first.event, VisitLogged)
    assert first.event == second.event


def test_a_reader_and_a_fold_see_the_same_visit_in_either_version() -> None:
    reader = reader_for({"VisitLogged": FIELDS}, source="customer-registry")
    for version in (1, 2):
        document = sample_of("VisitLogged", version).document
        slim, full = reader.decode(document), decode(document)
        assert [getattr(slim.data, name) for name in FIELDS] == [getattr(full.event, name) for name in FIELDS]
        assert slim.data.participants == ("何志强", "林娜", "黄俊")


@pytest.mark.parametrize(
    ("written", "names"), [("", []), ("林娜", ["林娜"]), ("A，B", ["A", "B"]), (" A 、, B,", ["A", "B"])]
)
def test_participants_are_split_at_either_comma(written: str, names: list[str]) -> None:
    data = {"participants": written}
    assert lift("VisitLogged", 1, 2, data, {}) == {"participants": names}
    assert data == {"participants": written}


def test_every_step_from_every_published_version_is_declared() -> None:
    for sample in samples():
        assert decode(sample.document).event.event_type is EVENT_TYPES[sample.type]
    with pytest.raises(UnknownVersion, match="nothing lifts version 2 to 3"):
        lift("VisitLogged", 1, 3, {"participants": ""}, {})


def test_a_version_newer_than_this_release_is_unknown_and_never_dropped() -> None:
    document = msgspec.json.decode(sample_of("VisitLogged").document) | {"schemaversion": 3}
    newer = msgspec.json.encode(document)
    with pytest.raises(UnknownVersion):
        decode(newer)
    with pytest.raises(UnknownVersion):
        reader_for({"VisitLogged": FIELDS}, source="customer-registry").decode(newer)


def test_old_data_that_an_upcaster_cannot_lift_are_undecodable_for_reader_and_fold() -> None:
    document = msgspec.json.decode(sample_of("VisitLogged", 1).document)
    document["data"]["participants"] = 7
    broken = msgspec.json.encode(document)
    for read in (decode, reader_for({"VisitLogged": FIELDS}, source="customer-registry").decode):
        with pytest.raises(Undecodable):
            read(broken)


def test_two_upcasters_for_one_step_are_refused() -> None:
    with pytest.raises(TypeError, match="twice"):
        upcast("VisitLogged", from_version=1)(lambda data, document: data)
