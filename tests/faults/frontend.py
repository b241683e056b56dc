"""What a client says to PostgreSQL, read only as far as this: was an append or a COMMIT just sent to its end?"""

from __future__ import annotations

STARTUP_HEADER, HEADER = 4, 5
WRITES = (b"log.append(", b"log.record(")


class Frontend:
    """One connection's client side. Before the first typed message come the start-up packets, which have no type."""

    def __init__(self) -> None:
        self._left = b""
        self._started = False
        self._statements: dict[bytes, bytes] = {}
        self._writes = False

    def commits(self, piece: bytes) -> bool:
        """Take the next bytes; whether they end a statement that commits: `COMMIT`, or an append in its own call."""
        self._left += piece
        found = False
        while (message := self._next()) is not None:
            found |= self._read(*message)
        return found

    def _next(self) -> tuple[bytes, bytes] | None:
        head = HEADER if self._started else STARTUP_HEADER
        if len(self._left) < head:
            return None
        size = int.from_bytes(self._left[head - 4 : head], "big") + head - 4
        if len(self._left) < size:
            return None
        message, self._left = self._left[:size], self._left[size:]
        if self._started:
            return message[:1], message[HEADER:]
        self._started = message[4:8] == b"\x00\x03\x00\x00"  # not so an SSL or GSS request, which comes before it
        return b"", b""

    def _read(self, kind: bytes, body: bytes) -> bool:
        match kind:
            case b"Q":
                return body.lower().startswith(b"commit")
            case b"P":
                name, query, *_ = body.split(b"\0", 2)
                self._statements[name] = query
            case b"B":
                _, name, *_ = body.split(b"\0", 2)
                self._writes |= any(each in self._statements.get(name, b"") for each in WRITES)
            case b"S" if self._writes:
                self._writes = False
                return True
        return False
