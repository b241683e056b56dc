"""An installation that needs no Kafka: settings, tokens, and a small service of its own."""

from __future__ import annotations

import os

import pytest
from service.settings import Settings
from service.tokens import issue

SECRET = "a secret of thirty-two characters"


@pytest.fixture
def settings() -> Settings:
    """Local settings; nothing connects to these addresses."""
    return Settings(
        secret=SECRET, database_url="postgresql://app@127.0.0.1/none", reader_database_url="postgresql://reader@127.0.0.1/none"
    )  # type: ignore[arg-type]


def bearer(role: str, **scope: str) -> dict[str, str]:
    """The header of a caller in that role."""
    return {"Authorization": f"Bearer {issue(role, secret=SECRET, **scope)}"}  # type: ignore[arg-type]


def postgres_address() -> str | None:
    """The server that DEALERLOG_TEST_STACK names (`kafka=…,pg=postgresql://…`), or None."""
    named = dict(part.split("=", 1) for part in os.environ.get("DEALERLOG_TEST_STACK", "").split(",") if "=" in part)
    return named.get("pg")
