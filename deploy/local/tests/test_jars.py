"""The jars are believed only where the lock says so."""

import os
import shutil
from pathlib import Path

import pytest

from dealerlog.jars import FOLDERS, LOCK, kafka_jars, verify
from dealerlog.problem import Problem


@pytest.fixture
def home(cache: Path, tmp_path: Path) -> Path:
    """A copy of the verified jars that a test may damage."""
    copy = tmp_path / "jars"
    shutil.copytree(kafka_jars(cache), copy, copy_function=os.link)
    return copy


def test_the_jars_of_the_lock_are_accepted(home: Path) -> None:
    verify(home)


def test_a_forged_jar_is_refused_by_name(home: Path) -> None:
    jar = next((home / FOLDERS[0]).glob("kafka-clients-*.jar"))
    forged = jar.read_bytes() + b"\0"
    jar.unlink()
    jar.write_bytes(forged)
    with pytest.raises(Problem, match=rf"{jar.name} is not the jar of jgo\.lock\.toml"):
        verify(home)


def test_a_jar_that_the_lock_does_not_know_is_refused(home: Path) -> None:
    (home / "jars" / "extra-1.0.jar").write_bytes(b"PK")
    with pytest.raises(Problem, match=r"extra-1\.0\.jar is not in jgo\.lock\.toml"):
        verify(home)


def test_a_missing_jar_is_named(home: Path) -> None:
    next((home / "modules").glob("zstd-jni-*.jar")).unlink()
    with pytest.raises(Problem, match=r"zstd-jni-.*\.jar is missing"):
        verify(home)


def test_a_forged_lock_refuses_the_true_jars(home: Path, tmp_path: Path) -> None:
    text = LOCK.read_text()
    first = text.index('sha256 = "') + len('sha256 = "')
    forged = tmp_path / "jgo.lock.toml"
    forged.write_text(text[:first] + "0" * 64 + text[first + 64 :])
    with pytest.raises(Problem, match="is not the jar of"):
        verify(home, forged)


def test_the_lock_names_no_address() -> None:
    assert "://" not in LOCK.read_text()
