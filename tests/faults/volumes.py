"""A small disk of its own for Kafka and for PostgreSQL, so that it can be filled: a tmpfs, where we may mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

SIZE = "2g"
BALLAST = "ballast"
LARGEST_PIECE, SMALLEST_PIECE = 64 << 20, 4096


@contextmanager
def mounted(folder: Path, names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Mount a tmpfs at each name below the folder; answers why not, by name, where it could not be done."""
    refused: dict[str, str] = {}
    with ExitStack() as stack:
        for name in names:
            (folder / name).mkdir(parents=True, exist_ok=True)
            if why := _mount(folder / name):
                refused[name] = why
            else:
                stack.callback(_unmount, folder / name)
        yield refused


def fill(folder: Path, leave: int = 0) -> Path:
    """Take what room is left on the folder's disk but `leave` bytes; answers the file that takes it."""
    ballast = folder / BALLAST
    size, piece = 0, LARGEST_PIECE
    with ballast.open("wb") as file:
        while piece >= SMALLEST_PIECE and (free := shutil.disk_usage(folder).free) > leave:
            try:
                os.posix_fallocate(file.fileno(), size, min(piece, free - leave))
            except OSError:  # who else writes there took the room first
                piece //= 4
            else:
                size = ballast.stat().st_size
    return ballast


def _mount(folder: Path) -> str | None:
    if sys.platform != "linux":
        return "a tmpfs is Linux's"
    argv = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "dealerlog-faults", str(folder)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True)
    except OSError as error:
        return str(error)
    return None if done.returncode == 0 else f"no tmpfs may be mounted here: {done.stderr.strip()}"


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True)
