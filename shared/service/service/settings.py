"""What an installation decides about a service, read once from the environment.

Every name below is the environment variable in upper case (`DATABASE_URL`, `KAFKA_BOOTSTRAP_SERVERS`, …).
A missing or contradictory value is one clear line at start-up, never a surprise at the first request.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

KIB, MIB = 1024, 1024 * 1024
Role = Literal["api", "worker", "relay"]


class Settings(BaseSettings):
    """One process of one service; frozen, secrets hidden from `repr`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    mode: Literal["local", "cluster"] = "local"
    roles: str = Field("all", validation_alias=AliasChoices("ROLES", "roles"), description="api,worker,relay or all")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    public_url: str | None = Field(None, description="the one origin that browsers see; https makes cookies Secure")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    database_url: SecretStr = Field(description="login role that appends and projects")
    reader_database_url: SecretStr = Field(description="login role that requests and exports read with")
    owner_database_url: SecretStr | None = Field(None, description="role that runs migrations, only there")
    pool_size: int = Field(12, ge=2, le=200)
    reader_pool_size: int = Field(8, ge=1, le=200)

    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_ssl_cafile: str | None = None
    kafka_ssl_certfile: str | None = None
    kafka_ssl_keyfile: str | None = None
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_replication_factor: int = Field(-1, ge=-1, description="-1: the cluster's own default")
    kafka_topic_prefix: str = ""
    partitions: int = Field(12, ge=1, le=1000)

    time_zone: str = "Asia/Shanghai"
    currency: str = Field("CNY", pattern=r"^[A-Z]{3}$")
    business_date: date | None = Field(None, description="pins today, for demonstrations")

    secret: SecretStr = Field(description="the installation's secret, 32 characters or more; keys are derived from it")
    token_issuer: str = "dealerlog-local"
    token_audience: str = "dealerlog"
    token_jwks_url: str | None = Field(None, description="an outside issuer's keys; unset: the local issuer")
    token_jwks: str | None = Field(None, description="an outside issuer's keys as a JSON document")
    token_role_claim: str = "role"
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_authorization_url: str | None = None
    oidc_token_url: str | None = None
    oidc_scope: str = "openid profile"
    session_hours: int = Field(10, ge=1, le=24)

    peers: str = Field("", description="owners of other logs, name=url,…; asked for what a topic lacks")
    peer_token_file: Path | None = Field(None, description="an outside issuer's token for the role `service`")

    otlp_endpoint: str | None = Field(
        None, validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT", "otlp_endpoint")
    )

    body_bytes: int = Field(1 * MIB, ge=KIB)
    bulk_bytes: int = Field(32 * MIB, ge=KIB)
    import_bytes: int = Field(512 * MIB, ge=KIB)
    import_folder: str | None = Field(
        None, description="keeps uploaded files until they are imported; shared by api and worker of one service"
    )
    import_folder_bytes: int = Field(4096 * MIB, ge=KIB)
    request_seconds: float = Field(30.0, gt=0)
    wait_seconds: float = Field(10.0, ge=0, description="how long a presented position is waited for")
    drain_seconds: float = Field(20.0, gt=0)
    requests_per_second: float = Field(5000.0, gt=0, description="per caller; twice that in a burst")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        ZoneInfo(name)
        return name

    @field_validator("secret")
    @classmethod
    def _long_secret(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) < 32:
            raise ValueError("SECRET needs at least 32 characters; `openssl rand -hex 32` prints one")
        return secret

    @field_validator("roles")
    @classmethod
    def _known_roles(cls, text: str) -> str:
        if unknown := set(re.split(r"[,\s]+", text.strip())) - {"api", "worker", "relay", "all"}:
            raise ValueError(f"ROLES knows api, worker, relay and all, not {', '.join(sorted(unknown))}")
        return text

    @field_validator("peers")
    @classmethod
    def _addressed_peers(cls, text: str) -> str:
        for pair in re.split(r"[,\s]+", text.strip()):
            if pair and not re.fullmatch(r"[a-z][a-z0-9-]*=https?://[^\s,]+", pair):
                raise ValueError(f"PEERS is name=url,… such as tiering=http://tiering:8000, not {pair!r}")
        return text

    @model_validator(mode="after")
    def _local_issuer_stays_home(self) -> Self:
        if self.token_jwks_url and self.token_jwks:
            raise ValueError("set TOKEN_JWKS_URL or TOKEN_JWKS, not both")
        if self.local_issuer and not (self.mode == "local" and is_loopback(self.host)):
            raise ValueError(
                "the local issuer starts only with MODE=local on a loopback HOST; "
                "set TOKEN_ISSUER and TOKEN_JWKS_URL (or TOKEN_JWKS) to use an outside issuer"
            )
        return self

    @model_validator(mode="after")
    def _kafka_login_is_whole(self) -> Self:
        if self.kafka_ssl_keyfile and not self.kafka_ssl_certfile:
            raise ValueError("KAFKA_SSL_KEYFILE is set and KAFKA_SSL_CERTFILE is not: name the certificate, too")
        wanted = ("kafka_sasl_mechanism", "kafka_sasl_username", "kafka_sasl_password")
        if self.uses_sasl and (missing := [name.upper() for name in wanted if not getattr(self, name)]):
            raise ValueError(f"KAFKA_SECURITY_PROTOCOL is {self.kafka_security_protocol}: set {', '.join(missing)}")
        return self

    @property
    def uses_sasl(self) -> bool:
        """Whether Kafka asks who we are: without it the SASL variables mean nothing."""
        return self.kafka_security_protocol.startswith("SASL")

    @property
    def database(self) -> str:
        """The database's name, which its roles begin with: `<database>_app`, `<database>_reader`."""
        return urlsplit(self.database_url.get_secret_value()).path.lstrip("/")

    @property
    def local_issuer(self) -> bool:
        """Whether tokens are this installation's own: no outside issuer's keys are named."""
        return not (self.token_jwks_url or self.token_jwks)

    @property
    def peer_urls(self) -> dict[str, str]:
        """The base address of each other log's owner, by the log's name."""
        pairs = (pair.partition("=") for pair in re.split(r"[,\s]+", self.peers.strip()) if pair)
        return {name: url.rstrip("/") for name, _, url in pairs}

    @property
    def active_roles(self) -> frozenset[Role]:
        """The roles that this process plays."""
        named = set(re.split(r"[,\s]+", self.roles.strip()))
        every: tuple[Role, ...] = ("api", "worker", "relay")
        return frozenset(role for role in every if "all" in named or role in named)

    @property
    def zone(self) -> ZoneInfo:
        """The installation's time zone."""
        return ZoneInfo(self.time_zone)

    def today(self) -> date:
        """The business date: what BUSINESS_DATE pins, else the date in the installation's zone."""
        return self.business_date or datetime.now(self.zone).date()

    def kafka(self) -> dict[str, Any]:
        """Connection arguments as aiokafka names them, without the TLS context (see `tls_context`)."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.kafka_bootstrap_servers,
            "security_protocol": self.kafka_security_protocol,
        }
        if self.uses_sasl:
            password = self.kafka_sasl_password.get_secret_value() if self.kafka_sasl_password else None
            arguments |= {
                "sasl_mechanism": self.kafka_sasl_mechanism,
                "sasl_plain_username": self.kafka_sasl_username,
                "sasl_plain_password": password,
            }
        return arguments


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
