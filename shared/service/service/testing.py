"""What a service's tests need of the kit: settings without an installation, callers, and a log that only remembers."""

from __future__ import annotations

from typing import Any

from service.settings import Settings
from service.tokens import issue

SECRET = "a secret for tests, of no use elsewhere"
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def settings_of(**values: Any) -> Settings:
    """Local settings; unless given, the databases are nowhere."""
    return Settings(**({"secret": SECRET, "database_url": NOWHERE, "reader_database_url": NOWHERE} | values))


def bearer(role: str, **scope: str) -> dict[str, str]:
    """The header of a caller in that role: `bearer("branch_manager", branch="B1")`."""
    return {"Authorization": f"Bearer {issue(role, secret=SECRET, **scope)}"}  # type: ignore[arg-type]
