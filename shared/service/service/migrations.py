"""Plain SQL migrations by dbmate: the log's first, then the service's own, each with its own table of versions.

Run once before a deployment, as the owner role; a service never migrates by itself.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


class MigrationFailed(Exception):
    """dbmate refused; the message is what it printed, without the address it used."""


def log_migrations() -> Path:
    """The folder of the log's own migrations."""
    return Path(str(files("eventlog"))) / "migrations"


def migrate(owner_url: str, own: Path | None = None, *, wait_seconds: int = 30) -> list[str]:
    """Bring a database up to date and return the names of what was applied; raises `MigrationFailed`."""
    applied = run(owner_url, log_migrations(), table="log_migrations", wait_seconds=wait_seconds)
    if own is not None and any(own.glob("*.sql")):
        applied += run(owner_url, own, table="service_migrations", wait_seconds=wait_seconds)
    return applied


def run(owner_url: str, folder: Path, *, table: str, wait_seconds: int = 30) -> list[str]:
    """Apply one folder's migrations that its table does not hold yet."""
    command = [
        dbmate(), "--no-dump-schema", "--migrations-dir", str(folder), "--migrations-table", table,
        "--wait-timeout", f"{wait_seconds}s", "migrate",
    ]  # fmt: skip
    address = _with_sslmode(owner_url)
    done = subprocess.run(command, env={"DATABASE_URL": address}, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).replace(address, "the database").strip()
        raise MigrationFailed(f"migrations of {folder.parent.name}: {said}")
    return [line.removeprefix("Applied: ").split(" in ")[0] for line in done.stdout.splitlines() if "Applied: " in line]


def dbmate() -> str:
    """The dbmate binary of this environment."""
    beside = Path(sys.executable).parent / "dbmate"
    found = str(beside) if beside.exists() else shutil.which("dbmate")
    if not found:
        raise MigrationFailed("dbmate is not installed beside this Python; `make` installs it from the lock file")
    return found


def _with_sslmode(url: str) -> str:
    """dbmate assumes TLS where nothing is said; asyncpg prefers it. A loopback server has none."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.hostname in {"127.0.0.1", "localhost", "::1"}:
        query.setdefault("sslmode", "disable")
    scheme = "postgres" if parts.scheme in {"postgres", "postgresql"} else parts.scheme
    return urlunsplit(parts._replace(scheme=scheme, query=urlencode(query)))
