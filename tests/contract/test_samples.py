"""Law 9: every event ever published still decodes, into the current model and through every consumer's reader."""

import pytest
from declarations import declared_consumers

from events import EVENT_TYPES, decode
from events.consumers import Consumption
from events.readers import reader_for
from events.samples import Sample, samples

ALL = samples()
CONSUMERS = declared_consumers()


def test_there_is_a_sample_of_every_type_and_version() -> None:
    expected = {(kind.name, version) for kind in EVENT_TYPES.values() for version in range(1, kind.version + 1)}
    assert {(sample.type, sample.version) for sample in ALL} == expected


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: f"{sample.type}.v{sample.version}")
def test_a_sample_decodes_into_the_current_model(sample: Sample) -> None:
    read = decode(sample.document)
    assert (read.type, read.schemaversion, read.source) == (sample.type, sample.version, sample.owner)
    assert type(read.event) is EVENT_TYPES[sample.type].model


@pytest.mark.parametrize("consumed", CONSUMERS, ids=lambda consumed: consumed.consumer)
def test_a_consumers_reader_reads_all_that_its_producers_ever_published(consumed: Consumption) -> None:
    for owner in consumed.owners:
        reader = reader_for(consumed.of(owner), source=owner)
        for sample in (each for each in ALL if each.owner == owner):
            read = reader.decode(sample.document)
            assert (read is not None) == (sample.type in consumed.types)
