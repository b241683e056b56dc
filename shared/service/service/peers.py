"""Asks the owners of the logs that this service follows for what their topics lack (`owner` answers it).

The own log is read where it lies. Others are asked at the addresses of `PEERS`, as the role `service`: with a token of
the local issuer, or the one that an outside issuer keeps in `PEER_TOKEN_FILE`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import httpx
import msgspec

from eventlog.asking import Silent, Told, Unasked
from eventlog.connection import Pool
from eventlog.topics import topic_of
from events.placement import key_of, pack
from service.owner import MOST_EVENTS, EventLine, acknowledged
from service.permissions import SERVICE
from service.settings import Settings
from service.tokens import issue

TIMEOUT = httpx.Timeout(10.0, connect=2.0)
QUIET_SECONDS = 2.0
"""How long a silent owner is left alone: its other partitions do not wait for it one after the other."""
TOKEN_SECONDS = 120
decode = msgspec.json.Decoder(EventLine).decode


class Peers:
    """What a projector and reactors ask (`eventlog.asking.Ask`)."""

    def __init__(self, name: str, settings: Settings, pool: Pool, http: httpx.AsyncClient) -> None:
        self.name, self._settings, self._pool, self._http = name, settings, pool, http
        self._silent: dict[str, tuple[float, str]] = {}

    async def __call__(self, source: str, partition: int, after: int, upto: int) -> Sequence[Told]:
        """At most 1,000 events behind `after`, up to `upto`; raises `Silent` and `Unasked`."""
        limit = min(upto - after, MOST_EVENTS)
        topic = topic_of(source, self._settings.kafka_topic_prefix)
        if source == self.name:
            rows = await acknowledged(self._pool, partition, after, limit)
            found = [EventLine(pack(row.placement), key_of(row.stream).encode(), row.document) for row in rows]
        else:
            found = await self._ask(source, partition, after, limit)
        return [
            Told.of(topic, partition, key=each.key, document=each.document, placement=each.placement) for each in found
        ]

    async def _ask(self, source: str, partition: int, after: int, limit: int) -> list[EventLine]:
        url = self._settings.peer_urls.get(source)
        if url is None:
            raise Unasked(f"name its owner in PEERS ({source}=http://…)")
        until, why = self._silent.get(source, (0.0, ""))
        if time.monotonic() < until:
            raise Silent(why)
        try:
            answer = await self._http.get(
                f"{url}/ops/log/{partition}/events",
                params={"after": after, "limit": limit},
                headers={"Authorization": f"Bearer {self._token()}"},
                timeout=TIMEOUT,
            )
            if not answer.is_success:
                raise Silent(f"{url} answers {answer.status_code}: see that it is up and that the token may log.read")
            return [decode(line) for line in answer.content.splitlines()]
        except httpx.HTTPError as error:
            self._remember(source, f"{url} does not answer ({type(error).__name__}): see that it is up")
            raise Silent(self._silent[source][1]) from error
        except msgspec.MsgspecError as error:
            raise Silent(f"{url} answers what is no log ({error}): see that PEERS names the right service") from error
        except Silent as error:
            self._remember(source, str(error))
            raise

    def _remember(self, source: str, why: str) -> None:
        self._silent[source] = (time.monotonic() + QUIET_SECONDS, why)

    def _token(self) -> str:
        settings = self._settings
        if settings.local_issuer:
            return issue(
                SERVICE, secret=settings.secret.get_secret_value(), login=f"service:{self.name}",
                issuer=settings.token_issuer, audience=settings.token_audience, seconds=TOKEN_SECONDS,
            )  # fmt: skip
        if settings.peer_token_file is None:
            raise Unasked("name a file with a token of the role `service` in PEER_TOKEN_FILE")
        try:
            return settings.peer_token_file.read_text().strip()
        except OSError as error:
            raise Silent(f"PEER_TOKEN_FILE cannot be read ({type(error).__name__})") from error
