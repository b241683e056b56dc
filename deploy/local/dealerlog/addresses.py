"""Where Kafka and PostgreSQL are: the installation's own, or an existing cluster named by environment variables."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dealerlog.installation import Installation
from dealerlog.postgres import Postgres
from dealerlog.problem import Problem

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True)
class KafkaAddress:
    """How to reach Kafka; the same variables are read by the services."""

    bootstrap_servers: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    replication_factor: int = 1

    def client_options(self) -> dict[str, Any]:
        """The keyword arguments of an aiokafka client."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "security_protocol": self.security_protocol,
        }
        if "SSL" in self.security_protocol:
            options["ssl_context"] = self._tls()
        if "SASL" in self.security_protocol:
            options["sasl_mechanism"] = self.sasl_mechanism
            options["sasl_plain_username"] = self.sasl_username
            options["sasl_plain_password"] = self.sasl_password
        return options

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ssl_cafile)
            if self.ssl_certfile:
                context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile)
        except OSError as error:
            named = (self.ssl_cafile, self.ssl_certfile, self.ssl_keyfile)
            raise Problem(f"Kafka's certificates {', '.join(filter(None, named))} cannot be read: {error}") from error
        return context

    def environment(self) -> dict[str, str]:
        """The variables that tell a service process the same."""
        said = {f"KAFKA_{key.upper()}": value for key, value in vars(self).items()}
        return {key: str(value) for key, value in said.items() if value is not None}


@dataclass(frozen=True)
class Addresses:
    """Kafka, and the administrator's URL of PostgreSQL."""

    kafka: KafkaAddress
    admin_url: str = field(repr=False)


def external_kafka(environment: Mapping[str, str] = os.environ) -> KafkaAddress | None:
    """The cluster that `KAFKA_BOOTSTRAP_SERVERS` names, or None where the installation runs its own."""
    if not (servers := environment.get("KAFKA_BOOTSTRAP_SERVERS")):
        return None
    protocol = environment.get("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT").upper()
    if protocol not in PROTOCOLS:
        raise Problem(f"KAFKA_SECURITY_PROTOCOL is {protocol!r}; it must be one of {', '.join(PROTOCOLS)}")
    mechanism = _mechanism(protocol, environment)
    if environment.get("KAFKA_SSL_KEYFILE") and not environment.get("KAFKA_SSL_CERTFILE"):
        raise Problem("KAFKA_SSL_KEYFILE is set and KAFKA_SSL_CERTFILE is not: name the certificate, too")
    factor = environment.get("KAFKA_REPLICATION_FACTOR", "-1")  # -1: the cluster's own default
    if not factor.removeprefix("-").isdigit() or int(factor) == 0:
        raise Problem(f"KAFKA_REPLICATION_FACTOR is {factor!r}; it must be a number such as 3")
    return KafkaAddress(
        bootstrap_servers=servers,
        security_protocol=protocol,
        sasl_mechanism=mechanism,
        sasl_username=environment.get("KAFKA_SASL_USERNAME"),
        sasl_password=environment.get("KAFKA_SASL_PASSWORD"),
        ssl_cafile=environment.get("KAFKA_SSL_CAFILE"),
        ssl_certfile=environment.get("KAFKA_SSL_CERTFILE"),
        ssl_keyfile=environment.get("KAFKA_SSL_KEYFILE"),
        replication_factor=int(factor),
    )


def _mechanism(protocol: str, environment: Mapping[str, str]) -> str | None:
    """The SASL mechanism, PLAIN unless another is named: said to the services in any case."""
    if not protocol.startswith("SASL"):
        return None
    mechanism = (environment.get("KAFKA_SASL_MECHANISM") or "PLAIN").upper()
    if mechanism not in MECHANISMS:
        raise Problem(f"KAFKA_SASL_MECHANISM is {mechanism!r}; it must be one of {', '.join(MECHANISMS)}")
    wanted = ("KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD")
    if missing := [name for name in wanted if not environment.get(name)]:
        raise Problem(f"KAFKA_SECURITY_PROTOCOL is {protocol}: set {' and '.join(missing)}")
    return mechanism


def external_postgres(environment: Mapping[str, str] = os.environ) -> str | None:
    """The administrator's URL that `DATABASE_URL` gives, or None where the installation runs its own."""
    return environment.get("DATABASE_URL") or None


def addresses(installation: Installation, environment: Mapping[str, str] = os.environ) -> Addresses:
    """What this installation uses, whether or not it runs now."""
    ports = installation.ports()
    own = KafkaAddress(f"127.0.0.1:{ports['kafka']}")
    password = installation.secret("postgres")
    server = Postgres(installation.folder / "postgres", port=ports["postgres"], password=password)
    return Addresses(external_kafka(environment) or own, external_postgres(environment) or server.url())
