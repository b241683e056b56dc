"""One real document of every type and version ever published, in git for ever: each must decode (law 9)."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from events.catalogue import EVENT_TYPES, EventType

FOLDER = Path(__file__).parent


class Sample(NamedTuple):
    """A document in git: its type's name and version, the owner, and the bytes as they were published."""

    type: str
    version: int
    owner: str
    document: bytes


def path_of(kind: EventType, version: int | None = None, folder: Path = FOLDER) -> Path:
    """Where the sample of a type's version lies; the current version unless told."""
    return folder / kind.owner / f"{kind.name}.v{version or kind.version}.json"


def samples(folder: Path = FOLDER) -> list[Sample]:
    """Every sample in a folder, by owner, type and version; files are indented, documents are not."""
    return [_sample(path) for path in sorted(folder.glob("*/*.json"))]


def sample_of(type_name: str, version: int | None = None) -> Sample:
    """The sample of a type, of its current version unless told; raises FileNotFoundError if there is none."""
    return _sample(path_of(EVENT_TYPES[type_name], version))


def _sample(path: Path) -> Sample:
    name, _, version = path.stem.rpartition(".v")
    return Sample(name, int(version), path.parent.name, msgspec.json.format(path.read_bytes().rstrip(), indent=-1))
