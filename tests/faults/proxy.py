"""A TCP proxy of our own between the services and one server: cut, reset, half-open, slow, cut after COMMIT.

It runs in a thread with a loop of its own; its methods may be called from any thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from faults.frontend import Frontend

HOST = "127.0.0.1"
PIECE = 64 * 1024
RESET = struct.pack("ii", 1, 0)


class Pair:
    """One client's connection and ours to the server."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client, self.server = client, server

    def end(self, *, reset: bool) -> None:
        """End both ways: politely, or with a reset towards the client. The server reads what it was sent either way."""
        if reset and (of_client := self.client.get_extra_info("socket")) is not None:
            with contextlib.suppress(OSError):  # it is closed already
                of_client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.client.transport.abort() if reset else self.client.close()
        self.server.close()


class Proxy:
    """Listens on `port` and leads to `upstream` on loopback; `commits` watches PostgreSQL's protocol."""

    def __init__(self, port: int, upstream: int, *, commits: bool = False) -> None:
        self.port, self.upstream, self._watches = port, upstream, commits
        self.cuts_after_commit = self.cut_after_commit = 0
        self._delay, self._refusing = 0.0, False
        self._pairs: set[Pair] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()
        self._flowing.set()
        self._run(self._listen())

    def stop(self) -> None:
        """End every connection and the thread."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def lead_to(self, port: int) -> None:
        """Lead to another server from now on; whoever is connected must come again."""
        self.upstream = port
        self.cut(reset=True)

    def cut(self, *, reset: bool = False) -> int:
        """End all connections of this moment; answers how many."""
        return self._run(self._cut(reset))

    def refuse(self, refusing: bool) -> None:
        """Take no new connection, and end those there are; or take them again."""
        self._refusing = refusing
        if refusing:
            self.cut()

    def half_open(self, stalled: bool) -> None:
        """Let connections stand and nothing pass, either way; or let it pass again."""
        self._loop.call_soon_threadsafe(self._flowing.clear if stalled else self._flowing_again)

    def slow(self, seconds: float) -> None:
        """Hold every piece back for so long."""
        self._delay = seconds

    def cut_next_commits(self, count: int) -> None:
        """Cut the next so many connections on which a commit or an append is forwarded, before its answer."""
        self.cut_after_commit = count

    def _flowing_again(self) -> None:
        self._loop.call_soon_threadsafe(self._flowing.set)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _end(self) -> None:
        self._loop.set_exception_handler(lambda *_: None)  # whoever is cut off now is nobody's concern
        self._refusing = True
        if self._server is not None:
            self._server.close()
        self._flowing.set()
        for _ in range(3):
            await self._cut(True)
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _cut(self, reset: bool) -> int:
        pairs = list(self._pairs)
        for pair in pairs:
            pair.end(reset=reset)
        return len(pairs)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self._refusing:
            to_client.close()
            return
        try:
            from_server, to_server = await asyncio.open_connection(HOST, self.upstream)
        except OSError:
            to_client.transport.abort()
            return
        pair = Pair(to_client, to_server)
        self._pairs.add(pair)
        commits = Frontend().commits if self._watches else _never
        try:
            await asyncio.gather(
                self._pump(from_client, to_server, pair, commits), self._pump(from_server, to_client, pair, _never)
            )
        finally:
            self._pairs.discard(pair)
            pair.end(reset=False)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: Pair, commits: Callable[[bytes], bool]
    ) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            while piece := await reader.read(PIECE):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._flowing.wait()
                writer.write(piece)
                await writer.drain()
                if commits(piece) and self.cut_after_commit > 0:
                    self.cut_after_commit -= 1
                    self.cuts_after_commit += 1
                    pair.end(reset=True)
        pair.end(reset=False)


def _never(piece: bytes) -> bool:
    return False
