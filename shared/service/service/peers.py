"""Asks the owners of other logs for what their topics lack, and for what they had recorded (`owner` answers it).

The own log is read where it lies. Others are asked at the addresses of `PEERS`, as the role `service`: with a token of
the local issuer, or the one that an outside issuer keeps in `PEER_TOKEN_FILE`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx
import msgspec

from eventlog.asking import Silent, Told, Unasked
from eventlog.connection import Pool
from eventlog.position import cut_from_json
from eventlog.topics import topic_of
from events.placement import key_of, pack
from service.owner import MOST_EVENTS, EventLine, acknowledged
from service.permissions import SERVICE
from service.problems import Problem
from service.settings import Settings
from service.tokens import issue

TIMEOUT = httpx.Timeout(10.0, connect=2.0)
QUIET_SECONDS = 2.0
"""How long a silent owner is left alone: its other partitions do not wait for it one after the other."""
TOKEN_SECONDS = 120
decode = msgspec.json.Decoder(EventLine).decode


class CutLine(msgspec.Struct):
    """What an owner answers of a moment (`owner.CutAt`)."""

    cut: dict[str, dict[str, int]]


decode_cut = msgspec.json.Decoder(CutLine).decode


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

    async def cut(self, source: str, moment: datetime) -> dict[int, int]:
        """What another log's owner had recorded at a moment; raises `Silent`, `Unasked`, `Problem("invalid")`."""
        answer = await self._get(source, "/ops/log/cut", {"at": moment.isoformat()})
        if answer.status_code == 422:  # by the owner's clock the moment is not past, and no other counts
            raise Problem("invalid", f"For {source} that moment is not past yet: give an earlier one.")
        try:
            return cut_from_json(decode_cut(answer.content).cut)[source]
        except (msgspec.MsgspecError, ValueError, KeyError) as error:
            raise self._no_log(source, error) from error

    async def _ask(self, source: str, partition: int, after: int, limit: int) -> list[EventLine]:
        answer = await self._get(source, f"/ops/log/{partition}/events", {"after": after, "limit": limit})
        try:
            return [decode(line) for line in answer.content.splitlines()]
        except msgspec.MsgspecError as error:
            raise self._no_log(source, error) from error

    async def _get(self, source: str, path: str, params: dict[str, Any]) -> httpx.Response:
        """The owner's answer, unless it fails; an owner that just was silent is not asked again at once."""
        url = self._settings.peer_urls.get(source)
        if url is None:
            raise Unasked(f"name its owner in PEERS ({source}=http://…)")
        until, why = self._silent.get(source, (0.0, ""))
        if time.monotonic() < until:
            raise Silent(why)
        try:
            headers = {"Authorization": f"Bearer {self._token()}"}
            answer = await self._http.get(f"{url}{path}", params=params, headers=headers, timeout=TIMEOUT)
            if not answer.is_success and answer.status_code != 422:
                raise Silent(f"{url} answers {answer.status_code}: see that it is up and that the token may log.read")
        except httpx.HTTPError as error:
            raise self._remember(
                source, f"{url} does not answer ({type(error).__name__}): see that it is up"
            ) from error
        except Silent as error:
            self._remember(source, str(error))
            raise
        return answer

    def _no_log(self, source: str, error: Exception) -> Silent:
        url = self._settings.peer_urls[source]
        return self._remember(source, f"{url} answers what is no log ({error}): see that PEERS names the right service")

    def _remember(self, source: str, why: str) -> Silent:
        self._silent[source] = (time.monotonic() + QUIET_SECONDS, why)
        return Silent(why)

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
