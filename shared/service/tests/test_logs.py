"""What `serve` writes to its log: one JSON object a line, and of an error its traceback without anybody's values."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SPEAKS = """
import asyncio, logging, structlog
from service import logs

logs.configure("credit-rating")

def open_card(token, phone):
    birthday = "1970-05-" + "17"
    raise LookupError("no such card")

async def failing():
    open_card("bearer-" + "s3cret", "138" + "00138000")

try:
    asyncio.run(failing())
except LookupError:
    structlog.get_logger("cards").exception("card unread", dealer="D1")
    structlog.get_logger("cards").warning("once more", exc_info=True)
    logging.getLogger("uvicorn.error").exception("library failed")
"""


@pytest.fixture(scope="module")
def spoken() -> str:
    """What a process says that fails with secrets and personal data in its local variables."""
    return subprocess.run([sys.executable, "-c", SPEAKS], capture_output=True, text=True, check=True).stdout


def test_a_traceback_says_where_it_failed_and_no_local_variable(spoken: str) -> None:
    entries = [json.loads(line) for line in spoken.splitlines()]
    assert [entry["event"] for entry in entries] == ["card unread", "once more", "library failed"]
    for entry in entries:
        assert "LookupError: no such card" in entry["exception"] and "in open_card" in entry["exception"]
    for value in ("bearer-s3cret", "13800138000", "1970-05-17"):
        assert value not in spoken


def test_every_line_names_its_service_and_level(spoken: str) -> None:
    said = [(entry["service"], entry["level"]) for entry in map(json.loads, spoken.splitlines())]
    assert said == [("credit-rating", "error"), ("credit-rating", "warning"), ("credit-rating", "error")]
