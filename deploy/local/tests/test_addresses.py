"""An existing cluster is used where the environment names one, and said clearly where it names one badly."""

import pytest

from dealerlog.addresses import addresses, external_kafka, external_postgres
from dealerlog.databases import with_login
from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.supervisor import Supervisor

NAMED = {
    "KAFKA_BOOTSTRAP_SERVERS": "one:9092,two:9092",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "ann",
    "KAFKA_SASL_PASSWORD": "hush",
    "KAFKA_REPLICATION_FACTOR": "3",
}


def test_without_variables_the_installation_runs_its_own(installation: Installation) -> None:
    installation.prepare()
    found = addresses(installation, {})
    assert found.kafka.bootstrap_servers == f"127.0.0.1:{installation.ports()['kafka']}"
    assert str(installation.ports()["postgres"]) in found.admin_url
    assert (external_kafka({}), external_postgres({})) == (None, None)


def test_tls_sasl_and_replication_reach_the_client_and_the_services() -> None:
    kafka = external_kafka(NAMED)
    assert kafka is not None
    options = kafka.client_options()
    assert options.pop("ssl_context") is not None
    assert options == {
        "bootstrap_servers": "one:9092,two:9092",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "ann",
        "sasl_plain_password": "hush",
    }
    assert kafka.environment() == NAMED


def test_passwords_are_not_printed() -> None:
    assert "hush" not in repr(external_kafka(NAMED))


def test_a_login_without_a_mechanism_is_plain_for_the_client_and_the_services_alike() -> None:
    kafka = external_kafka({name: value for name, value in NAMED.items() if name != "KAFKA_SASL_MECHANISM"})
    assert kafka is not None
    assert kafka.client_options()["sasl_mechanism"] == kafka.environment()["KAFKA_SASL_MECHANISM"] == "PLAIN"


def test_a_clients_certificate_reaches_the_client_and_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"KAFKA_SSL_CERTFILE": "me.pem", "KAFKA_SSL_KEYFILE": "me.key"}
    kafka = external_kafka({**NAMED, **files})
    assert kafka is not None and kafka.environment() == {**NAMED, **files}
    with pytest.raises(Problem, match=r"certificates me\.pem, me\.key cannot be read"):
        kafka.client_options()
    given: list[tuple[str, str | None]] = []
    monkeypatch.setattr("ssl.SSLContext.load_cert_chain", lambda _, cert, key=None: given.append((cert, key)))
    kafka.client_options()
    assert given == [("me.pem", "me.key")]


def test_a_login_that_is_not_whole_says_what_is_missing() -> None:
    for missing in ("KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"):
        with pytest.raises(Problem, match=f"SASL_SSL: set {missing}"):
            external_kafka({name: value for name, value in NAMED.items() if name != missing})
    with pytest.raises(Problem, match="KAFKA_SSL_CERTFILE is not"):
        external_kafka({**NAMED, "KAFKA_SSL_KEYFILE": "me.key"})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("KAFKA_SASL_MECHANISM", "GSSAPI"),
        ("KAFKA_REPLICATION_FACTOR", "three"),
        ("KAFKA_REPLICATION_FACTOR", "0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(variable: str, value: str) -> None:
    with pytest.raises(Problem, match=variable):
        external_kafka({**NAMED, variable: value})


def test_where_both_are_named_nothing_is_started(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "elsewhere:9092")
    monkeypatch.setenv("DATABASE_URL", "postgresql://admin@elsewhere/postgres")
    with Supervisor(installation) as supervisor:
        found = supervisor.start_stack()
        assert supervisor.children() == []
    assert found.kafka.bootstrap_servers == "elsewhere:9092"
    assert found.admin_url == "postgresql://admin@elsewhere/postgres"


def test_another_login_keeps_the_server_and_its_options() -> None:
    url = with_login("postgresql://root:x@db:6432/postgres?sslmode=require", database="a", user="b", password="c/d@")
    assert url == "postgresql://b:c%2Fd%40@db:6432/a?sslmode=require"
