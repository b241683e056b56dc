"""Settings that connect to nothing; tests that need PostgreSQL take `database` of `dealerlog.testing`."""

from __future__ import annotations

import pytest

from service.settings import Settings
from service.testing import settings_of


@pytest.fixture
def settings() -> Settings:
    """Local settings; nothing answers at their addresses."""
    return settings_of()
