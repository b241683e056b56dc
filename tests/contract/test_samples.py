"""Law 9: every event ever published still decodes, into the current model and through every consumer's reader."""

import json
from typing import Any

import pytest
from declarations import declared_consumers

from credit_rating.domain.policy import CreditPolicy
from events import EVENT_TYPES, decode
from events.consumers import Consumption
from events.readers import reader_for
from events.samples import Sample, sample_of, samples
from events.types.shapes import PolicyRef
from reporting.reading.visits import DEFAULT, standards_in
from rules.policy import Policy, reference
from tiering.domain.policy import TieringPolicy

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


@pytest.mark.parametrize(
    ("type_name", "policy"), [("CreditPolicyPublished", CreditPolicy), ("TieringPolicyPublished", TieringPolicy)]
)
def test_the_sample_of_a_published_policy_is_a_policy_under_its_own_name_and_hash(
    type_name: str, policy: type[Policy]
) -> None:
    said: Any = decode(sample_of(type_name).document).event
    read = policy.read(said.content)
    assert (said.name, said.version, said.effective_from) == (read.name, read.version, read.effective_from)
    assert reference(said.content) == PolicyRef(name=said.name, version=said.version, hash=said.hash)


def test_reporting_reads_the_sample_of_a_tiering_policy_and_one_that_says_nothing_of_visits() -> None:
    said: Any = decode(sample_of("TieringPolicyPublished").document).event
    assert standards_in(json.dumps(said.content)) == DEFAULT
    assert standards_in('{"abc": {}}') == standards_in(None) == DEFAULT
    half = '{"service_standards": {"A": {"visits": {"every": "month", "visits": 2}}}}'
    assert standards_in(half)["A"].visits.visits == 2 and standards_in(half)["B"] == DEFAULT["B"]
