"""How this process reaches Kafka, for aiokafka's clients and for FastStream's broker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiokafka.helpers import create_ssl_context
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from service.settings import Settings

SASL: dict[str, Callable[..., BaseSecurity]] = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


def kafka_options(settings: Settings) -> dict[str, Any]:
    """Arguments of an aiokafka client, TLS included."""
    options = settings.kafka()
    if "SSL" in settings.kafka_security_protocol:
        options["ssl_context"] = create_ssl_context(
            cafile=settings.kafka_ssl_cafile, certfile=settings.kafka_ssl_certfile, keyfile=settings.kafka_ssl_keyfile
        )
    return options


def security_of(settings: Settings) -> BaseSecurity | None:
    """The same for FastStream's broker."""
    if settings.kafka_security_protocol == "PLAINTEXT":
        return None
    options = kafka_options(settings)
    context = options.get("ssl_context")
    if settings.kafka_sasl_mechanism is None:
        return BaseSecurity(ssl_context=context, use_ssl=context is not None)
    return SASL[settings.kafka_sasl_mechanism](
        username=options["sasl_plain_username"] or "",
        password=options["sasl_plain_password"] or "",
        ssl_context=context,
        use_ssl=context is not None,
    )
