"""What a network does between the services and their servers, by our own proxies."""

from __future__ import annotations

from collections.abc import Callable

from faults.kinds import Strike, kind
from faults.proxy import Proxy


def _cut(strike: Strike, proxy: Proxy, reset: bool) -> None:
    for _ in range(strike.chance.randint(1, 4)):
        proxy.cut(reset=reset)
        strike.pause(0, 0.4)


def _refused(strike: Strike, proxy: Proxy) -> None:
    proxy.refuse(True)
    strike.pause(0.5, 4)
    proxy.refuse(False)


def _half_open(strike: Strike, proxy: Proxy) -> None:
    """Nothing passes; afterwards those connections are gone, as after a router that forgot them."""
    proxy.half_open(True)
    strike.pause(1, 7)
    proxy.cut(reset=True)
    proxy.half_open(False)


def _slow(strike: Strike, proxy: Proxy) -> None:
    proxy.slow(strike.chance.uniform(0.05, 0.4))
    strike.pause(1, 4)
    proxy.slow(0)


FAULTS: dict[str, tuple[str, Callable[[Strike, Proxy], None]]] = {
    "cut": ("connections to {} are closed", lambda strike, proxy: _cut(strike, proxy, False)),
    "reset": ("connections to {} are reset", lambda strike, proxy: _cut(strike, proxy, True)),
    "refuse": ("{} cannot be reached", _refused),
    "half-open": ("connections to {} stand and nothing passes", _half_open),
    "delay": ("every piece to and from {} comes late", _slow),
}
SERVERS: dict[str, tuple[str, Callable[[Strike], Proxy]]] = {
    "kafka": ("Kafka", lambda strike: strike.world.to_kafka),
    "postgres": ("PostgreSQL", lambda strike: strike.world.to_postgres),
}


def _enter(server: str, fault: str) -> None:
    (title, proxy_of), (says, act) = SERVERS[server], FAULTS[fault]
    kind(f"{server}-{fault}", says.format(title))(lambda strike: act(strike, proxy_of(strike)))


for _server in SERVERS:
    for _fault in FAULTS:
        _enter(_server, _fault)


@kind("commit-cut", "the connection is cut right after COMMIT was forwarded, before its answer")
def commit_cut(strike: Strike) -> None:
    """The write is there and nobody was told."""
    proxy = strike.world.to_postgres
    before = proxy.cuts_after_commit
    proxy.cut_next_commits(strike.chance.randint(3, 12))
    strike.pause(1, 2.5)
    proxy.cut_next_commits(0)
    strike.note = f"{proxy.cuts_after_commit - before} cut"
