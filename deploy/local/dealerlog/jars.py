"""The jars of Apache Kafka: fetched once by jgo, and believed only where their sha256 is the one in jgo.lock.toml."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import ssl
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from dealerlog.problem import Problem

DECLARED = Path(__file__).parents[1]
SPEC, LOCK = DECLARED / "jgo.toml", DECLARED / "jgo.lock.toml"
FOLDERS = ("modules", "jars")  # jgo sorts the jars into both; Kafka needs both on its class path


def kafka_jars(cache: Path, lock: Path = LOCK) -> Path:
    """Return the folder of verified jars, fetching them if this lock was never fetched into the cache.

    The folder's name holds the lock's digest, so a second start is offline and a changed lock fetches anew.
    """
    home = cache / f"kafka-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "fetch.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not home.exists():
            partial = cache / f"{home.name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            _fetch(partial)
            verify(partial, lock)
            partial.rename(home)
    verify(home, lock)
    return home


def verify(home: Path, lock: Path = LOCK) -> None:
    """Compare every jar with the lock, both ways; `jgo sync` was seen to accept a forged hash, so it is not asked."""
    wanted = {f"{jar['artifactId']}-{jar['version']}.jar": jar["sha256"] for jar in _locked(lock)}
    found = {jar.name: jar for folder in FOLDERS for jar in sorted((home / folder).glob("*.jar"))}
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            raise Problem(f"the Kafka jar {name} is missing from {home}; delete that folder and start again")
        if name not in wanted:
            raise Problem(f"{found[name]} is not in {lock.name}; delete it, or renew the lock with: make lock")
        if _sha256(found[name]) != wanted[name]:
            raise Problem(f"{found[name]} is not the jar of {lock.name} (other sha256); delete {home} and start again")


def class_path(home: Path) -> str:
    """The class path of the broker."""
    return os.pathsep.join(str(home / folder / "*") for folder in FOLDERS)


def renew_lock(cache: Path) -> None:
    """Resolve jgo.toml anew and keep the resulting lock; `make lock` calls it."""
    work = cache / "kafka-lock"
    shutil.rmtree(work, ignore_errors=True)
    _fetch(work)
    fresh = (work / "jgo.lock.toml").read_text()
    if _digests(tomllib.loads(fresh)["dependencies"]) != (_digests(_locked(LOCK)) if LOCK.exists() else None):
        LOCK.write_text(fresh)  # else keep the old text: it carries the time of its making
    shutil.rmtree(work)


def _fetch(home: Path) -> None:
    """Run jgo with a repository of its own, so that neither ~/.m2 nor a user's settings take part."""
    home.mkdir(parents=True)
    shutil.copy(SPEC, home / SPEC.name)
    argv = [
        sys.executable,
        "-m",
        "jgo",
        "--ignore-config",
        "--resolver",
        "python",
        "--links",
        "hard",
        "--color",
        "plain",
    ]
    argv += ["--timeout", "60", "--repo-cache", str(home / "maven"), "--cache-dir", str(home), "sync"]
    done = subprocess.run(
        argv, cwd=home, env=_environment(home), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )  # fmt: skip
    if done.returncode:
        told = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise Problem(f"Apache Kafka could not be fetched from Maven Central (network? proxy?): {told}")
    shutil.rmtree(home / "maven")


def _environment(home: Path) -> dict[str, str]:
    """Ours, with the machine's own certificates (a company's proxy needs them) and a cache outside the user's home."""
    own = ssl.get_default_verify_paths().cafile
    named = [os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT")]
    trusted = next((path for path in (*named, own) if path and Path(path).is_file()), None)
    trust = {"REQUESTS_CA_BUNDLE": trusted} if trusted else {}
    return {**os.environ, **trust, "CJDK_CACHE_DIR": str(home / "maven" / "cjdk")}


def _locked(lock: Path) -> Iterable[dict[str, str]]:
    return list(tomllib.loads(lock.read_text())["dependencies"])


def _digests(jars: Iterable[dict[str, str]]) -> dict[str, str]:
    return {f"{jar['groupId']}:{jar['artifactId']}:{jar['version']}": jar["sha256"] for jar in jars}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    renew_lock(Path(sys.argv[1]).absolute())
