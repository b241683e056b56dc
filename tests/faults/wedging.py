"""Starts a service (`python -m faults.wedging tiering.app`) that can be wedged from outside, by a signal.

Nothing of the product is changed until the signal comes; then one of its calls never returns, as after
aio-libs/aiokafka#1017.
"""

from __future__ import annotations

import asyncio
import importlib
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from aiokafka import AIOKafkaProducer

from eventlog.projector import Projector
from eventlog.publisher import Publisher

WEDGES: dict[str, tuple[int, type, str]] = {
    "producer": (signal.SIGRTMIN + 1, AIOKafkaProducer, "send_batch"),
    "consumer": (signal.SIGRTMIN + 2, Projector, "apply"),
    "publisher": (signal.SIGRTMIN + 3, Publisher, "_round"),
}
"""What can be wedged: the signal, and the call that never returns from then on."""


async def never(*_: Any, **__: Any) -> None:
    """Wait for what does not come."""
    await asyncio.Event().wait()


def _wedge(owner: type, name: str) -> Callable[[int, FrameType | None], None]:
    return lambda *_: setattr(owner, name, never)


def main(module: str) -> int:
    """Serve, with the wedges at hand."""
    for number, owner, name in WEDGES.values():
        signal.signal(number, _wedge(owner, name))
    service = importlib.import_module(module).SERVICE
    return int(service.main(["serve"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
