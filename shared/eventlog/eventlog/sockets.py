"""aiokafka on uvloop: a write to a connection that was just lost is a lost connection.

asyncio's own transport swallows such a write; uvloop's raises a bare RuntimeError, which aiokafka does not expect: it
ends the task that fetches, and the consumer hears nothing any more, without a word (`make faults`, kafka-reset).
`eventlog` mends it as it is imported, so that no client of ours is without.
"""

from __future__ import annotations

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError

_send = AIOKafkaConnection.send


def send(self: Any, request: Any, expect_response: bool = True) -> Any:
    """Send a request, or raise `KafkaConnectionError`, which every caller in aiokafka answers by connecting anew."""
    try:
        return _send(self, request, expect_response)
    except KafkaError:  # a RuntimeError too
        raise
    except RuntimeError as error:
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error


def mend() -> None:
    """Make every aiokafka connection of this process send so."""
    AIOKafkaConnection.send = send
