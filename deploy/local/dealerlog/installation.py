"""An installation: one folder under `.local/` with the data, logs, ports and secrets of one running whole."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dealerlog.problem import Problem

CHECKOUT = Path(__file__).parents[3]
HOST = "127.0.0.1"
FIRST_PORT, BLOCK, BLOCKS = 8010, 10, 99
CURRENCY = "CNY"
PORT_NAMES = (
    "customer-registry", "credit-rating", "tiering", "reporting", "kafka", "kafka-controller", "postgres", "pages",
)  # fmt: skip


class Installation:
    """The folder, and what is kept in it."""

    def __init__(self, folder: Path, *, first_port: int = FIRST_PORT) -> None:
        self.folder = folder.absolute()
        self.name, self.first_port = folder.name, first_port
        self.logs = self.folder / "logs"
        self.ports_file = self.folder / "ports.json"
        self.secrets_file = self.folder / "secrets.json"
        self.currency_file = self.folder / "currency.json"
        self.lock_file = self.folder / "lock"

    @classmethod
    def named(cls, name: str = "default", *, root: Path | None = None) -> Installation:
        """The installation of this name in this checkout; `DEALERLOG_LOCAL` puts them all elsewhere."""
        local = root or Path(os.environ.get("DEALERLOG_LOCAL") or CHECKOUT / ".local")
        if not name.replace("-", "").replace("_", "").isalnum():
            raise Problem(f"{name!r} is no name for an installation: use letters, digits, - and _")
        return cls(local / name)

    @property
    def cache(self) -> Path:
        """What all installations of a checkout share: the Kafka jars."""
        return self.folder.parent / "cache"

    def exists(self) -> bool:
        return self.ports_file.exists()

    def prepare(self) -> None:
        """Create the folder, its secrets and its ports, unless they are there."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self.secret("postgres")
        with (self.folder.parent / "ports.lock").open("w") as guard:  # two that begin together must not choose the same
            fcntl.flock(guard, fcntl.LOCK_EX)
            if not self.ports_file.exists():
                _write(self.ports_file, self._choose_ports(), mode=0o644)

    def ports(self) -> dict[str, int]:
        """The kept ports by name."""
        try:
            kept = json.loads(self.ports_file.read_text())
            kept.setdefault("pages", max(kept.values(), default=0) + 1)  # an installation from before the front door
            return {name: int(kept[name]) for name in PORT_NAMES}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Problem(f"{self.ports_file} cannot be read ({error!r}); delete it to choose ports anew") from error

    def require_free_ports(self, names: Iterable[str] = PORT_NAMES) -> None:
        """Refuse where another program took a port since it was chosen."""
        kept = self.ports()
        for name in names:
            if not is_free(kept[name]):
                raise Problem(f'port {kept[name]} is taken by another program: change "{name}" in {self.ports_file}')

    def move_from_taken_ports(self) -> tuple[int, int] | None:
        """Choose a new block where another program took a kept port; the first port before and after, or None.

        For an installation that runs its own Kafka and PostgreSQL: both take their ports from here at each start.
        """
        with (self.folder.parent / "ports.lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            before = self.ports()
            if all(map(is_free, before.values())):
                return None
            after = self._choose_ports()
            _write(self.ports_file, after, mode=0o644)
        return min(before.values()), min(after.values())

    def secret(self, name: str) -> str:
        """The secret of this name, made at the first call; the file is readable by its owner only."""
        kept = json.loads(self.secrets_file.read_text()) if self.secrets_file.exists() else {}
        if name not in kept:
            kept[name] = secrets.token_hex(32)
            _write(self.secrets_file, kept, mode=0o600)
        return str(kept[name])

    def currency(self) -> str:
        """The currency of every amount in it: CNY unless its first start said otherwise."""
        try:
            return str(json.loads(self.currency_file.read_text())["currency"])
        except FileNotFoundError:
            return CURRENCY
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Problem(f"{self.currency_file} cannot be read ({error!r})") from error

    def choose_currency(self, wanted: str | None) -> str:
        """Keep the currency at the first start; later a Problem refuses another: amounts are on record in the first."""
        if wanted is not None and not (len(wanted) == 3 and wanted.isascii() and wanted.isupper() and wanted.isalpha()):
            raise Problem(f"{wanted!r} is no currency: say three capitals such as GBP")
        started = (self.folder / "services").exists()  # made by a service's first start
        if started and wanted not in (None, self.currency()):
            raise Problem(
                f"installation {self.name!r} is in {self.currency()} since its first start and stays so: "
                f"choose another with --name, or `dealerlog wipe` it first"
            )
        chosen = self.currency() if started or wanted is None else wanted
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.currency_file, {"currency": chosen}, mode=0o644)
        return chosen

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Be the one process that runs this installation; the lock ends with the process, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.lock_file.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Problem(
                    f"installation {self.name!r} is already up (process {self._written_pid()}): "
                    f"stop it with `make down` or choose another with --name"
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def holder(self) -> int | None:
        """The process that runs this installation now, or None."""
        try:
            with self.lock_file.open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._written_pid()
        except FileNotFoundError:
            return None
        return None

    def wipe(self) -> None:
        """Delete everything the installation keeps; refused while it is up."""
        if not self.folder.exists():
            return
        with self.hold():
            shutil.rmtree(self.folder)

    def _written_pid(self) -> int | None:
        text = self.lock_file.read_text().strip()
        return int(text) if text.isdigit() else None

    def _choose_ports(self) -> dict[str, int]:
        """The first block of ports that is free and that no installation of this checkout keeps."""
        kept = [json.loads(file.read_text()) for file in self.folder.parent.glob("*/ports.json")]
        others = {port for ports in kept for port in ports.values()}
        for block in range(BLOCKS):
            first = self.first_port + block * BLOCK
            ports = range(first, first + len(PORT_NAMES))
            if others.isdisjoint(ports) and all(map(is_free, ports)):
                return dict(zip(PORT_NAMES, ports, strict=True))
        raise Problem(f"no {len(PORT_NAMES)} free ports in a row were found from {self.first_port} on")


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _write(path: Path, content: dict[str, str] | dict[str, object] | dict[str, int], *, mode: int) -> None:
    """Replace a small file in one step, so that a kill never leaves half of it."""
    partial = path.with_suffix(".partial")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    partial.replace(path)
