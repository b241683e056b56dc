"""What the repository says about running elsewhere agrees with what we run here."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from dealerlog.installation import CHECKOUT
from dealerlog.kafka import PROPERTIES


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((CHECKOUT / "compose.yaml").read_text()))


def test_compose_listens_on_loopback_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service["ports"]]
    assert ports
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in ports)


def test_compose_runs_the_versions_we_run(compose: dict[str, Any]) -> None:
    jgo = (CHECKOUT / "deploy/local/jgo.toml").read_text()
    version = re.search(r"kafka_2\.13:([\d.]+)", jgo)
    assert version is not None
    assert compose["services"]["kafka"]["image"] == f"apache/kafka:{version[1]}"
    assert compose["services"]["postgres"]["image"] == "postgres:18"


def test_compose_keeps_the_log_as_our_broker_does(compose: dict[str, Any]) -> None:
    ours = dict(line.split("=", 1) for line in PROPERTIES.splitlines() if "=" in line and not line.startswith("#"))
    theirs = compose["services"]["kafka"]["environment"]
    for setting in ("auto.create.topics.enable", "num.partitions", "log.retention.ms", "message.max.bytes"):
        assert theirs["KAFKA_" + setting.upper().replace(".", "_")] == ours[setting]


def test_make_alone_lists_every_target_with_a_line() -> None:
    listed = subprocess.run(["make"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    phony = re.findall(r"^\.PHONY: (?!\.venv)(.*)$", (CHECKOUT / "Makefile").read_text(), re.M)
    for target in phony[0].split():
        assert re.search(rf"^  make {re.escape(target)} +\S", listed, re.M), target
