"""A disk that is full: the small tmpfs under PostgreSQL or Kafka, filled to its last byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from faults import volumes
from faults.kinds import Strike, kind
from faults.world import World


def _needs(name: str) -> Callable[[World], str | None]:
    return lambda world: world.volumes.get(name)


def _full(strike: Strike, folder: Path) -> None:
    ballast = volumes.fill(folder, leave=strike.chance.choice((0, 4096, 65536)))
    try:
        strike.pause(1.5, 4)
    finally:
        ballast.unlink()


@kind("postgres-disk-full", "PostgreSQL's disk is full for some seconds", every=2, needs=_needs("postgres"))
def postgres_disk_full(strike: Strike) -> None:
    """A table cannot grow, or there is no room for the next piece of WAL and the server panics."""
    _full(strike, strike.world.installation.folder / "postgres")


@kind("kafka-disk-full", "Kafka's disk is full for some seconds", every=2, needs=_needs("kafka"))
def kafka_disk_full(strike: Strike) -> None:
    """The broker gives its only log folder up and ends; whoever keeps it running starts it again."""
    _full(strike, strike.world.installation.folder / "kafka")
