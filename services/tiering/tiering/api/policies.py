"""Tiering policies: published versions, effective from a day on, never changed."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

from fastapi import Path, Response
from pydantic import BaseModel, ConfigDict

from events.decider import Refused
from events.fields import free_json
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from tiering.domain.policy_file import POLICY_FILE, PublishPolicy, key
from tiering.published_policies import NAME

router = Router("policies")
BY_VERSION = Keyset("name", "version")
LIST = "select name, version, effective_from, hash from policy where {after} {order} limit {limit}"
ONE = "select name, version, effective_from, hash, content from policy where name = $1 and version = $2"


class PolicyGiven(BaseModel):
    """A policy document; its content says its name, version and the day from which it is in force."""

    model_config = ConfigDict(extra="forbid")
    content: dict[str, Any]


class PolicyView(BaseModel):
    """One version of a policy; `hash` is the SHA-256 of its canonical content, which every decision names."""

    name: str
    version: int
    effective_from: date
    hash: str


class PolicyContent(PolicyView):
    """A policy with its content."""

    content: dict[str, Any]


@router.post("/policies", permission="policy.publish", answers=PolicyView)
async def publish_policy(body: PolicyGiven, write: Write) -> Response:
    """Publish a version of the policy; refused with the path of every error."""
    if body.content.get("name") != NAME:
        raise Refused("policy-misnamed", f"Decisions here are taken under the policy named {NAME}: use that name.")
    try:
        content = free_json(body.content)
    except ValueError as error:
        raise Refused("policy-invalid", f"correct the policy document: {error}") from error
    written = await write.handle(POLICY_FILE, key(NAME), PublishPolicy(name=NAME, content=content))
    state = written.state
    view = PolicyView(name=NAME, version=state.version, effective_from=state.effective_from, hash=state.hash)
    return write.answer(written, view)


@router.get("/policies", permission="policy.read", answers=Page[PolicyView])
async def list_policies(read: Read, page: PageOf) -> Page[PolicyView]:
    """Published policies by name and version."""
    query = LIST.format(after=BY_VERSION.after(page, 1), order=BY_VERSION.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, *BY_VERSION.values(page))
    return page.of(rows, BY_VERSION, PolicyView)


@router.get("/policies/{name}/{version}", permission="policy.read", answers=PolicyContent)
async def read_policy(name: str, version: Annotated[int, Path(ge=1, le=10**6)], read: Read) -> PolicyContent:
    """One version of a policy with its content."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, name, version)
    if row is None:
        raise Problem("not-found", f"No version {version} of a policy {name} is published.")
    return PolicyContent.model_validate(dict(row) | {"content": json.loads(row["content"])})
