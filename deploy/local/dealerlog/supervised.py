"""Work while children run: the first that dies ends it, with the line that names the cause."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from dealerlog.problem import Problem
from dealerlog.supervisor import Supervisor

T = TypeVar("T")
CHECK_SECONDS = 0.5


def work(supervisor: Supervisor, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in this thread; a dead child is a Problem at once, not a request's time-out."""
    return asyncio.run(_watched(supervisor, coroutine))


async def _watched(supervisor: Supervisor, coroutine: Coroutine[Any, Any, T]) -> T:
    task = asyncio.create_task(coroutine)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=CHECK_SECONDS)
            supervisor.check()
        return task.result()
    except Problem:
        supervisor.check()
        raise
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
