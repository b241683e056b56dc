"""What the installation tells a service process is what the service's own settings ask for, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dealerlog.addresses import KafkaAddress
from dealerlog.databases import DatabaseUrls
from dealerlog.fleet import MEMBERS, Fleet, member
from dealerlog.problem import Problem

NAMES = tuple(MEMBERS)
SECRET = "s" * 64


def fleet_of(folder: Path = Path("imports"), **options: Any) -> Fleet:
    urls: Mapping[str, DatabaseUrls] = {
        name: DatabaseUrls(
            MEMBERS[name].package,
            owner=f"postgresql://{MEMBERS[name].package}_owner:secret-of-the-owner@127.0.0.1/x",
            app=f"postgresql://{MEMBERS[name].package}_app:a@127.0.0.1/x",
            reader=f"postgresql://{MEMBERS[name].package}_reader:r@127.0.0.1/x",
        )
        for name in NAMES
    }
    ports = {name: 9000 + n for n, name in enumerate(NAMES)}
    return Fleet(
        kafka=KafkaAddress("127.0.0.1:1"), databases=urls, ports=ports, secret=SECRET, folder=folder, **options
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_service_reads_its_settings_from_the_environment_it_is_given(name: str) -> None:
    fleet = fleet_of(prefix="second.", currency="GBP")
    settings = fleet.settings(name)
    assert settings.local_issuer and settings.active_roles == {"api", "worker", "relay"}
    assert (settings.port, settings.host) == (fleet.ports[name], "127.0.0.1")
    assert (settings.kafka_topic_prefix, settings.currency) == ("second.", "GBP")
    assert settings.database_url.get_secret_value() == fleet.databases[name].app
    assert settings.reader_database_url.get_secret_value() == fleet.databases[name].reader


@pytest.mark.parametrize("name", NAMES)
def test_a_service_process_is_never_told_the_owners_password(name: str) -> None:
    assert not any("secret-of-the-owner" in value for value in fleet_of().environment(name).values())


@pytest.mark.parametrize("name", NAMES)
def test_the_package_declares_the_service_of_its_folders_name(name: str) -> None:
    declared = MEMBERS[name].declaration
    assert declared.name == name
    assert declared.migrations in (None, MEMBERS[name].migrations)


def test_a_second_fleet_in_the_same_kafka_has_topics_of_its_own() -> None:
    first, second = fleet_of(), fleet_of(prefix="gbp.")
    assert {name for name, _, _ in first.topics()}.isdisjoint(name for name, _, _ in second.topics())


def test_every_service_is_told_where_the_others_are_and_not_itself() -> None:
    peers = fleet_of().environment("tiering")["PEERS"]
    assert peers.count("=") == 3 and "tiering=" not in peers


def test_a_service_may_be_written_with_an_underscore_and_an_unknown_one_is_a_problem() -> None:
    assert member("credit_rating").name == "credit-rating"
    with pytest.raises(Problem, match="customer-registry, credit-rating, tiering, reporting"):
        member("billing")


def test_a_whole_fleet_with_a_port_for_its_pages_has_a_front_door_that_reporting_knows() -> None:
    whole = replace(fleet_of(), ports={**fleet_of().ports, "pages": 9017})
    (door,) = whole.front_door()
    assert (whole.door, door.ready_url) == ("http://127.0.0.1:9017", "http://127.0.0.1:9017/health/ready")
    assert door.argv[2:5] == ["dealerlog.door", "9017", f"customer-registry={whole.urls['customer-registry']}"]
    said = whole.environment("reporting")
    assert (said["PUBLIC_URL"], said["CREDIT_RATING_URL"]) == (whole.door, f"{whole.door}/credit-rating")
    some = replace(whole, databases={name: whole.databases[name] for name in ("reporting", "tiering")})
    for other in (fleet_of(), some):
        assert other.door is None and other.front_door() == [] and "PUBLIC_URL" not in other.environment("reporting")
