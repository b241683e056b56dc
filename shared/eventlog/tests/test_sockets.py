"""A write to a connection that was just lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError

import eventlog


class Closed:
    """A stream writer whose transport is uvloop's and closed."""

    def write(self, data: bytes) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    def close(self) -> None:
        return None


async def test_a_write_to_a_transport_that_uvloop_closed_is_a_lost_connection() -> None:
    lost: list[Any] = []
    assert AIOKafkaConnection.send is eventlog.sockets.send, "importing eventlog mends it"
    connection = AIOKafkaConnection("127.0.0.1", 9092, on_close=lambda *said: lost.append(said))
    connection._writer, connection._reader = Closed(), SimpleNamespace()
    connection._read_task = SimpleNamespace(done=lambda: True, cancel=lambda: None)
    message = SimpleNamespace(encode=lambda: b"")
    request = SimpleNamespace(
        prepare=lambda versions: SimpleNamespace(build_request_header=lambda **_: message, encode=lambda: b"")
    )
    with pytest.raises(KafkaConnectionError, match="handler is closed"):
        connection.send(request)
    assert len(lost) == 1 and not connection.connected()
