"""Terms of payment are changed by the head of marketing, from a day on (domain.md 2.7 rests on them)."""

from __future__ import annotations

from .conftest import AUDITOR, HEAD, MANAGER, World, said

TERMS = {"terms": {"method": "credit", "term_days": 45}, "reason": "Pays within six weeks, as the chain does."}


async def test_terms_are_changed_with_a_reason_and_shown(world: World) -> None:
    dealer = await world.onboard("Longer Term", "T-1")
    path = f"/dealers/{dealer}/terms"
    said(await world.post(path, TERMS, who=MANAGER, match='"3"'), 403, "forbidden")
    said(await world.post(path, TERMS, who=HEAD), 428, "if-match-missing")
    said(await world.post(path, TERMS | {"on": "2199-01-01"}, who=HEAD, match='"3"'), 422, "date-in-future")
    done = await world.post(path, TERMS, who=HEAD, match='"3"')
    assert (done.status_code, done.json()["terms"]) == (200, TERMS["terms"])
    shown = await world.get(f"/dealers/{dealer}", who=AUDITOR)
    assert (shown.json()["term_days"], shown.headers["etag"]) == (45, done.headers["etag"])
    said(await world.post(path, TERMS, who=HEAD, match='"4"'), 422, "terms-unchanged")
