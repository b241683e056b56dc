"""The lock of what was published: the SHA-256 of every schema and sample, in `published.json` beside this file.

`python tests/contract/published.py` locks what is new. It locks an edited file anew only where the edit breaks nothing
(a schema grew compatibly, the sample as it was still decodes), and refuses otherwise: publish another version then.
To edit the lock by hand does not help: whatever a commit ever locked is judged again against the files of today.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec
from schema_growth import ROOT, growth

from events import decode, samples, schemas
from events.unreadable import Unreadable

RUN = "run `python tests/contract/published.py`"


class Published(NamedTuple):
    """A checkout, its lock, and the folders of schemas and samples, all within it."""

    root: Path = ROOT
    lock: Path = Path(__file__).with_name("published.json")
    schemas: Path = schemas.FOLDER
    samples: Path = samples.FOLDER

    def files(self) -> dict[str, bytes]:
        """Path within the checkout → what the file holds now."""
        found = [path for folder in (self.schemas, self.samples) for path in sorted(folder.glob("*/*.json"))]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in found}

    def locked(self) -> dict[str, str]:
        """Path → SHA-256, as the lock says it now."""
        return dict(json.loads(self.lock.read_text())) if self.lock.exists() else {}

    def unlocked(self) -> list[str]:
        """Where files and lock differ, as sentences."""
        now, locked = {path: hashed(held) for path, held in self.files().items()}, self.locked()
        return [
            f"{path} {_difference(locked.get(path), now.get(path))}"
            for path in sorted(now.keys() | locked.keys())
            if locked.get(path) != now.get(path)
        ]

    def broken(self) -> list[str]:
        """What a commit of this history locked and the files of today break. Raises LookupError without git."""
        files = self.files()
        return [each for path, was in self._ever_locked() for each in self._judged(path, was, files.get(path))]

    def lock_anew(self) -> list[str]:
        """Lock the files as they are now, unless they break what is locked; answers why not."""
        files, locked = self.files(), self.locked()
        refused = [each for path, was in locked.items() for each in self._judged(path, was, files.get(path))]
        if not refused:
            text = json.dumps({path: hashed(held) for path, held in files.items()}, indent=1, sort_keys=True)
            self.lock.write_text(text + "\n", encoding="utf-8")
        return refused

    def _ever_locked(self) -> set[tuple[str, str]]:
        place = self.lock.relative_to(self.root).as_posix()
        return {entry for held in self._history(place) for entry in json.loads(held).items()}

    def _judged(self, path: str, was: str, now: bytes | None) -> list[str]:
        """Sentences on what the file as it was locked promised and the file of today breaks."""
        if now is None:
            return [f"{path} was published and is gone: bring it back"]
        if hashed(now) == was:
            return []
        before = next((held for held in self._history(path) if hashed(held) == was), None)
        if before is None:
            return [f"{path} was published as {was[:12]}, which this history does not hold: bring it back"]
        return [f"{path}: {each}: bring it back, and publish another version" for each in self._broken(before, now)]

    def _broken(self, before: bytes, now: bytes) -> list[str]:
        if b'"$schema"' in before:
            return list(growth(json.loads(before), json.loads(now)))
        try:
            decode(msgspec.json.format(before.rstrip(), indent=-1))
        except Unreadable as error:
            return [f"the sample as it was published does not decode any more ({error})"]
        return []

    def _history(self, path: str) -> Iterator[bytes]:
        """What a file held in each commit that changed it, the latest first."""
        for commit in _git(self.root, "log", "--format=%H", "--diff-filter=AMT", "--", path).decode().split():
            yield _git(self.root, "show", f"{commit}:{path}")


def hashed(held: bytes) -> str:
    """SHA-256, in hex."""
    return sha256(held).hexdigest()


def _difference(locked: str | None, now: str | None) -> str:
    if now is None:
        return "was published and is gone: bring it back"
    return f"is not locked: {RUN}" if locked is None else f"was edited after it was published: bring it back, or {RUN}"


def _git(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False, timeout=60)
    except FileNotFoundError as error:
        raise LookupError("no git here") from error
    if done.returncode:
        raise LookupError(done.stderr.decode().strip())
    return done.stdout


if __name__ == "__main__":
    said = Published().lock_anew()
    print("\n".join(said) or "every published schema and sample is locked")
    sys.exit(1 if said else 0)
