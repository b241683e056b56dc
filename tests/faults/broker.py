"""The broker of the local installation, telling its clients to come through a proxy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dealerlog.kafka import HOST, Kafka

QUICK = ("-XX:TieredStopAtLevel=1",)
"""A broker that lives for a minute is not worth the better compiler, which takes half the work of its start."""


class ProxiedKafka(Kafka):
    """A `Kafka` that advertises the port of `proxy` instead of its own; everything else is as a laptop runs it."""

    def __init__(self, folder: Path, *, proxy: int, **given: Any) -> None:
        super().__init__(folder, java=QUICK, **given)
        self.proxy = proxy

    def _java(self, home: Path) -> list[str]:
        """The command line; the settings, which were just written, name the proxy from here on."""
        settings = self.folder / "server.properties"
        own, through = (f"advertised.listeners=PLAINTEXT://{HOST}:{port}," for port in (self.port, self.proxy))
        settings.write_text(settings.read_text().replace(own, through))
        return super()._java(home)
