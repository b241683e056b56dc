"""How a process reaches Kafka: the login is whole or refused, and reaches both clients."""

from __future__ import annotations

import pytest
from faststream.security import SASLPlaintext, SASLScram512

from service.kafka import kafka_options, security_of
from service.testing import settings_of

LOGIN = {"kafka_sasl_mechanism": "SCRAM-SHA-512", "kafka_sasl_username": "ann", "kafka_sasl_password": "hush"}


@pytest.mark.parametrize("missing", LOGIN)
@pytest.mark.parametrize("protocol", ["SASL_SSL", "SASL_PLAINTEXT"])
def test_a_login_that_is_not_whole_keeps_the_service_from_starting(protocol: str, missing: str) -> None:
    login = {name: value for name, value in LOGIN.items() if name != missing}
    with pytest.raises(ValueError, match=f"KAFKA_SECURITY_PROTOCOL is {protocol}: set {missing.upper()}"):
        settings_of(kafka_security_protocol=protocol, **login)


def test_a_login_reaches_both_clients() -> None:
    settings = settings_of(kafka_security_protocol="SASL_SSL", **LOGIN)
    options = kafka_options(settings)
    assert (options["sasl_mechanism"], options["sasl_plain_username"]) == ("SCRAM-SHA-512", "ann")
    assert options["sasl_plain_password"] == "hush" and options["ssl_context"]
    security = security_of(settings)
    assert isinstance(security, SASLScram512) and security.use_ssl
    plain = settings_of(kafka_security_protocol="SASL_PLAINTEXT", **LOGIN | {"kafka_sasl_mechanism": "PLAIN"})
    assert isinstance(security_of(plain), SASLPlaintext)


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL"])
def test_where_kafka_asks_for_no_login_none_is_given(protocol: str) -> None:
    settings = settings_of(kafka_security_protocol=protocol, **LOGIN)
    assert not any(name.startswith("sasl") for name in kafka_options(settings))
    assert not isinstance(security_of(settings), SASLScram512)


def test_a_key_needs_its_certificate() -> None:
    with pytest.raises(ValueError, match="KAFKA_SSL_KEYFILE is set and KAFKA_SSL_CERTFILE is not"):
        settings_of(kafka_ssl_keyfile="me.key")
