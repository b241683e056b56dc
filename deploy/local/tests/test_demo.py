"""`make demo`: what it refuses and how it counts. `tests/system/test_clean_clone.py` runs it whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from dealerlog.commands.demo import require_own_cluster
from dealerlog.demo.engine import Check, Finding, run_checks
from dealerlog.problem import Problem
from dealerlog.supervisor import Supervisor


class Quiet(Supervisor):
    """A supervisor of nothing."""

    def __init__(self) -> None:
        pass

    def check(self) -> None:
        pass


def scene() -> Any:
    return SimpleNamespace(supervisor=Quiet(), console=Console(file=StringIO(), width=120))


def found(*findings: Finding | Problem) -> Any:
    async def run(_: Any) -> AsyncIterator[Finding]:
        for finding in findings:
            if isinstance(finding, Problem):
                raise finding
            yield finding

    return run


def test_a_problem_counts_as_a_promise_that_does_not_hold() -> None:
    here = scene()
    made = run_checks(
        [Check("first", found(Problem("it broke"))), Check("second", found(Finding("12 of 12", True)))], here
    )
    assert [each.holds for each in made] == [False, True]
    said = here.console.file.getvalue()
    assert "✗ first" in said and "it broke" in said and "✓ second" in said and "12 of 12" in said


def test_nothing_is_tried_on_what_is_needed_and_failed() -> None:
    made = run_checks(
        [Check("load", found(Finding("none", False)), needed=True), Check("next", found(Finding("x", True)))], scene()
    )
    assert len(made) == 1


def test_what_was_found_before_a_problem_is_kept() -> None:
    made = run_checks([Check("one", found(Finding("a", True), Problem("b")))], scene())
    assert [each.said for each in made] == ["a", "b"]


@pytest.mark.parametrize("variable", ["KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"])
def test_somebodys_cluster_is_refused_unless_wiping_is_allowed(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "ALLOW_WIPE"):
        monkeypatch.delenv(each, raising=False)
    require_own_cluster()
    monkeypatch.setenv(variable, "somewhere")
    with pytest.raises(Problem, match=variable):
        require_own_cluster()
    monkeypatch.setenv("ALLOW_WIPE", "1")
    require_own_cluster()
