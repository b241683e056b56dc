"""A page changes something: signed in once at the front door, its form is posted to the service that owns it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator

import httpx

from dealerlog.client import AUDITOR, Api
from dealerlog.demo.engine import Finding, Scene
from dealerlog.fleet import Fleet
from dealerlog.sample.answers import AT_LEAST, POSITION

FORM = re.compile(r'<form data-post="([^"]+/approval)" data-version="(\d+)" data-next="([^"]+)"')
SAID = re.compile(r'data-said="([^"]+)"')
WAITING = re.compile(r'href="/dealers/([0-9a-f-]{36})/review"')
DIRECTOR = {"role": "regional_director", "login": "director.of.the.demo"}


async def posted(scene: Scene) -> AsyncIterator[Finding]:
    """An audited review is approved from its page, and the page shows the grade with the write's position."""
    fleet = scene.whole.fleet
    async with Api(fleet) as api, httpx.AsyncClient(base_url=fleet.door or "", trust_env=False, timeout=60) as browser:
        await browser.post("/login", data={"role": AUDITOR.role, "login": AUDITOR.login})
        waiting = WAITING.findall((await browser.get("/reviews?step=audited")).text)
        if not waiting:
            yield Finding("no review of the sample network waits for its approval", False)
            return
        region = (await api.get("reporting", f"/api/dealers/{waiting[0]}", AUDITOR))["dealer"]["region"]
        await browser.post("/login", data={**DIRECTOR, "code": region})
        yield await approved(fleet, browser, waiting[0])


async def approved(fleet: Fleet, browser: httpx.AsyncClient, dealer: str) -> Finding:
    """What the page's script does, done by hand."""
    page = (await browser.get(f"/dealers/{dealer}/review", headers={"Accept-Language": "en"})).text
    form, said = FORM.search(page), SAID.search(page)
    if form is None or said is None:
        return Finding(f"the page of {dealer} has no form to approve it", False)
    path, version, following = form.groups()
    csrf = json.loads(html.unescape(said[1]))["csrf"]
    headers = {"If-Match": f'"{version}"', "X-CSRF-Token": csrf, "Idempotency-Key": f"demo-{dealer}"}
    answers = [await browser.post(path, json={}, headers=headers) for _ in range(2)]
    position = answers[0].headers.get(POSITION, "")
    shown = await browser.get(html.unescape(following), headers={AT_LEAST: position, "Accept-Language": "en"})
    codes = [answer.status_code for answer in answers]
    holds = codes == [200, 200] and answers[0].content == answers[1].content and "<dd>graded</dd>" in shown.text
    return Finding(
        f"approved from its page at {fleet.door}: sent twice, {codes[0]} and {codes[1]} with one answer at {position}; "
        f"the page then says {'graded' if '<dd>graded</dd>' in shown.text else 'something else'}",
        holds,
    )
