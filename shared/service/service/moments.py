"""From a moment to a cut of several logs: each owner says its own part, once and for all; nobody computes another's.

cut = await cut_at(runtime, ("customer-registry", "credit-rating", "tiering"), moment)
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from eventlog.asking import Silent, Unasked
from eventlog.position import Cut
from eventlog.refusals import NotPast
from service.problems import Problem
from service.runtime import Runtime

AHEAD = "That moment is not past yet: give an earlier one, or none for now."


async def cut_at(runtime: Runtime, sources: Sequence[str], moment: datetime) -> Cut:
    """The last sequences that each source had recorded at a moment, as its owner says.

    Problems: `invalid` where the moment is not past, `owner-away` (503) where an owner does not answer, `log-closed`.
    """
    if moment > datetime.now(UTC):
        raise Problem("invalid", AHEAD)
    parts = await asyncio.gather(*(_part(runtime, source, moment) for source in sources))
    return dict(zip(sources, parts, strict=True))


async def own_cut_at(runtime: Runtime, moment: datetime) -> Cut:
    """The same of this service's own log, whose owner it is."""
    if runtime.log is None:
        raise Problem("temporarily-unavailable", "The database is not connected.")
    try:
        found: Cut = await runtime.log.cut(moment)
    except NotPast as error:
        raise Problem("invalid", AHEAD) from error
    return found


async def _part(runtime: Runtime, source: str, moment: datetime) -> dict[int, int]:
    if source == runtime.name:
        return dict((await own_cut_at(runtime, moment))[source])
    try:
        if runtime.peers is None:
            raise Unasked("this process asks nobody")
        found: dict[int, int] = await runtime.peers.cut(source, moment)
    except (Silent, Unasked) as error:
        said = f"Only {source} can say what it had recorded by then, and it does not: {error}"
        raise Problem("owner-away", f"{said}. Repeat in a moment, or give a cut.", service=source) from error
    return found
