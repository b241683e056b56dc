"""A head is used only by the code that made it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from eventlog.folding import _sources_hash

MODULES = {
    "__init__": "",
    "decide": "from .rule import LIMIT\nfrom . import words\n",
    "rule": "LIMIT = 1\n",
    "words": "A = 1\n",
}


@pytest.fixture
def aggregate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that counts as ours, whose modules import each other relatively."""
    folder = tmp_path / "folded_for_test"
    folder.mkdir()
    for name, source in MODULES.items():
        (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("eventlog.folding.OURS", ("folded_for_test",))
    __import__("folded_for_test.decide")
    yield folder
    for name in [each for each in sys.modules if each.startswith("folded_for_test")]:
        del sys.modules[name]


def hashed() -> bytes:
    _sources_hash.cache_clear()
    return _sources_hash(("folded_for_test.decide",))


@pytest.mark.parametrize("changed", ["decide", "rule", "words"])
def test_a_change_in_any_module_that_the_fold_imports_changes_its_hash(aggregate: Path, changed: str) -> None:
    before = hashed()
    assert hashed() == before
    (aggregate / f"{changed}.py").write_text(MODULES[changed] + "# changed\n")
    assert hashed() != before
    _sources_hash.cache_clear()
