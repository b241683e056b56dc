"""A browser over an application on a port of its own; it bears a name that no other folder has."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from playwright.async_api import Browser, Page

from service.access import COOKIE
from service.testing import SECRET
from service.tokens import issue

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
WIDE, PHONE = {"width": 1360, "height": 900}, {"width": 360, "height": 780}


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[str]:
    """Serve an application on loopback; gives its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await running


async def opened(
    browser: Browser, base: str, *, size: Any = WIDE, locale: str = "en-GB", who: dict[str, Any] | None = None,
    **options: Any,
) -> Page:  # fmt: skip
    """A page signed in as the auditor, or in another role: `who` as `issue` takes it."""
    context = await browser.new_context(viewport=size, locale=locale, base_url=base, **options)
    token = issue(secret=SECRET, **(who or {"role": "auditor"}))
    await context.add_cookies([{"name": COOKIE, "value": token, "url": base}])
    return await context.new_page()
