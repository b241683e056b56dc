"""Liveness: a wedged producer, a hung consumer, a stalled publisher turn the live probe red; a restart heals them."""

from __future__ import annotations

from faults.kinds import Strike, Unseen, kind, until
from faults.wedging import WEDGES
from faults.world import SPLIT

RED_SECONDS = 30.0


def _wedged(strike: Strike, what: str, role: str) -> None:
    """Wedge it, see the probe turn red by itself, and leave the restart to whoever keeps processes running."""
    process = strike.world.of(SPLIT, role)
    strike.world.signal(process, WEDGES[what][0])
    seconds = until(lambda: strike.world.life(process) != "ok", f"a red live probe of {process.name}", RED_SECONDS)
    if (life := strike.world.life(process)) != "red":
        raise Unseen(f"{process.name} is {life}, not red")
    strike.note = f"red after {seconds:.1f} s"


@kind("producer-wedged", "sending to Kafka never returns (aio-libs/aiokafka#1017): red within 30 s", every=4)
def producer_wedged(strike: Strike) -> None:
    """The publisher waits for a batch that is never answered."""
    _wedged(strike, "producer", "relay")


@kind("consumer-hung", "applying a batch never returns: red within 30 s", every=4)
def consumer_hung(strike: Strike) -> None:
    """The worker holds its partitions and does nothing with them."""
    _wedged(strike, "consumer", "worker")


@kind("publisher-stalled", "the publisher's round never ends: red within 30 s", every=4)
def publisher_stalled(strike: Strike) -> None:
    """Nothing is sent any more and the lease is held."""
    _wedged(strike, "publisher", "relay")
