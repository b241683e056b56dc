"""Shapes that types of several owners share: references to a policy, and the life of an import."""

from pydantic import Field

from events.catalogue import Event, Part
from events.fields import Count, FreeJson, Hash, Id, Version
from events.recorded import Code, Name, Said


class PolicyRef(Part):
    """Which policy decided: its name, version and the SHA-256 of its content (architecture.md 4)."""

    name: Code
    version: Version
    hash: Hash


class Excluded(Part):
    """A dealer that a run left out, and why."""

    dealer: Id
    reason: Said


class ImportStarted(Event):
    """A file began to be read, under a mapping profile; `size` in bytes, `options` as the importer chose them."""

    file: Name
    sha256: Hash
    profile: Code
    size: Count
    options: FreeJson = Field(default_factory=dict)


class ImportCompleted(Event):
    """Every row of the file has its verdict: `rows` = accepted + duplicates + rejected."""

    rows: Count
    accepted: Count
    duplicates: Count
    rejected: Count


class ImportUndone(Event):
    """The events that the import brought in were reversed by new ones; `reversed` counts them."""

    reason: Said
    reversed: Count
