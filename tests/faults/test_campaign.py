"""Five faults of a fixed seed against the real stack, as `make check` runs them; `make faults` runs many."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FAULTS = 5
KINDS = "commit-cut,kafka-reset,relay-kill,postgres-immediate,two-publishers"
LIMIT_SECONDS = 400


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_SECONDS + 30)
def test_five_faults_lose_repeat_reorder_and_invent_nothing(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "faults", "--faults", str(FAULTS), "--seed", "1", "--kinds", KINDS]
    done = subprocess.run(
        [*argv, "--json", str(tmp_path / "faults.json")], cwd=TESTS.parent, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)}, text=True, timeout=LIMIT_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads((tmp_path / "faults.json").read_text())
    assert said["clean"] and len(said["results"]) == FAULTS and said["acknowledged"] > 100
    assert {each["kind"] for each in said["results"]} == set(KINDS.split(","))
