"""The credit policy, `/policies`: its versions and drafts, what each changes, and the steps a reader may take."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from reporting import policy_labels
from reporting.asking import Looked, PolicyCompared
from reporting.i18n import N_
from reporting.pages.view import page, render
from reporting.reading import policy_drafts as reading
from reporting.reading.standpoint import standpoint
from reporting.reading.wrong import Wrong
from service.caller import Caller
from service.context import Read
from service.permissions import CREDIT_CONTROLLER, HEAD_OF_MARKETING
from service.routing import Router

router = Router("pages")
WRITERS, APPROVERS = {CREDIT_CONTROLLER, HEAD_OF_MARKETING}, {HEAD_OF_MARKETING}
"""Who is offered the forms; credit-rating decides anyway."""


def offered(draft: reading.Draft, caller: Caller) -> list[str]:
    """The steps that a reader may try with a draft: names of credit-rating's routes."""
    writes, approves = caller.role in WRITERS, caller.role in APPROVERS
    match draft.stage:
        case "drafting":
            return ["submission", "revision", "withdrawal"] if writes else []
        case "submitted":
            own = caller.login in draft.people
            acts = [*(["approval"] if approves and not own else []), *(["return"] if approves else [])]
            return [*acts, *(["withdrawal"] if writes else [])]
        case _:
            return []


@router.get("/policies", permission="report.read", page=True, include_in_schema=False)
@page
async def policies(read: Read, ask: Annotated[Looked, Query()]) -> Response:
    """What is in force, to come and superseded, and what is being written."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        versions, drafts = await reading.versions(conn, at), await reading.drafts(conn, at)
        latest = await reading.content_of(conn, at, versions[0].version) if versions else None
    writes = read.caller.role in WRITERS and not at.pinned
    return render(read, "policies.html", at=at, ask=ask, versions=versions, drafts=drafts, writes=writes,
                  content=shown(following(latest or {}, read.today)), problems=policy_labels.PROBLEMS)  # fmt: skip


@router.get("/policies/drafts/{draft}", permission="report.read", page=True, include_in_schema=False)
@page
async def one_draft(read: Read, draft: UUID, ask: Annotated[PolicyCompared, Query()]) -> Response:
    """What a draft changes in a version, what was said of it, and the next step."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        found = await reading.draft(conn, at, draft)
        if found is None:
            raise Wrong("not-found", N_("There is no such draft."))
        versions = await reading.versions(conn, at)
        against = _against(versions, ask.against)
        old = await reading.content_of(conn, at, against.version) if against else None
        stream = await reading.stream_version(conn, at, found.name)
    acts = [] if at.pinned else offered(found, read.caller)
    return render(read, "policy_draft.html", at=at, ask=ask, draft=found, against=against, versions=versions,
                  differences=reading.changed(old, found.content), offered=acts, stream=stream,
                  own=read.caller.login in found.people, content=shown(found.content), value=value,
                  problems=policy_labels.PROBLEMS)  # fmt: skip


@router.get("/policies/versions/{version}", permission="report.read", page=True, include_in_schema=False)
@page
async def one_version(
    read: Read, version: Annotated[int, Path(ge=1, le=10**6)], ask: Annotated[Looked, Query()]
) -> Response:
    """A published version: what it changed in the one before, and its document."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        versions = await reading.versions(conn, at)
        content = await reading.content_of(conn, at, version)
        found = next((each for each in versions if each.version == version), None)
        if found is None or content is None:
            raise Wrong("not-found", N_("There is no such version."))
        before = next((each for each in versions if each.version < version), None)
        old = await reading.content_of(conn, at, before.version) if before else None
    return render(read, "policy_version.html", at=at, ask=ask, version=found, before=before,
                  differences=reading.changed(old, content) if before else [], content=shown(content),
                  value=value)  # fmt: skip


def following(content: dict[str, Any], today: date) -> dict[str, Any]:
    """A document to begin the next version with: the latest one, its number and its first day moved on."""
    if not content:
        return content
    first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    return content | {"version": content["version"] + 1, "effective_from": first.isoformat()}


def shown(content: dict[str, Any]) -> str:
    """A document as people write it, its sections in the order of the policy's own description."""
    places = {name: place for place, name in enumerate(policy_labels.SECTIONS)}
    ordered = sorted(content.items(), key=lambda member: places.get(member[0], len(places)))
    return json.dumps(dict(ordered), ensure_ascii=False, indent=2)


def value(of: Any) -> str:
    """One side of a difference."""
    match of:
        case None:
            return "–"
        case str():
            return of
        case _:
            return json.dumps(of, ensure_ascii=False)


def _against(versions: list[reading.Version], asked: str) -> reading.Version | None:
    """The version asked for, else that in force, else the latest."""
    chosen = [each for each in versions if str(each.version) == asked]
    in_force = [each for each in versions if each.state == "in_force"]
    return next(iter([*chosen, *in_force, *versions]), None)
