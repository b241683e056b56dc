"""The three owners of the logs, as they answer for a moment: stand-ins behind the real client of a service's peers."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
from history import Network


class Owners(httpx.AsyncBaseTransport):
    """Answers `/ops/log/cut` of each service by its log, or `instead` of it; who is `away` does not answer.

    `more` events a partition are named that nobody has yet.
    """

    def __init__(self, network: Network) -> None:
        self.logs = {log.source: log for log in network.logs}
        self.away: set[str] = set()
        self.instead: dict[str, dict[int, int]] = {}
        self.more = 0
        self.asked: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        source = request.url.host
        assert request.url.path == "/ops/log/cut" and request.headers["Authorization"].startswith("Bearer ")
        self.asked.append((source, request.url.params["at"]))
        if source in self.away:
            raise httpx.ConnectError("nobody is here")
        moment = datetime.fromisoformat(request.url.params["at"])
        if moment > datetime.now(UTC):
            return httpx.Response(422, json={"type": "urn:dealerlog:problem:invalid"})
        log = self.logs[source]
        cut = self.instead.get(source) or {p: n + self.more for p, n in log.cut_at(moment).items()}
        return httpx.Response(
            200, json={"at": moment.isoformat(), "cut": {source: {str(p): n for p, n in cut.items()}}}
        )
