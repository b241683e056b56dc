"""Credit policies: published versions, effective from a day on, never changed."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

from fastapi import Path, Response
from pydantic import BaseModel, ConfigDict

from credit_rating.domain.policy import content_hash
from credit_rating.domain.policy_file import POLICY_FILE
from credit_rating.domain.policy_file import PublishPolicy as Publish
from events.decider import Refused
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router

router = Router("policies")
BY_VERSION = Keyset("name", "version")
LIST = "select name, version, effective_from, hash from policy where {after} {order} limit {limit}"
ONE = "select name, version, effective_from, hash, content from policy where name = $1 and version = $2"


class PublishPolicy(BaseModel):
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
async def publish_policy(body: PublishPolicy, write: Write) -> Response:
    """Publish a version of a policy; refused with the path of every error."""
    name = body.content.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 64:
        raise Refused("policy-invalid", "Correct the policy document: name: a policy names itself.")
    if name != "credit":
        raise Refused("policy-unknown", "Decisions here are taken under the policy named credit: use that name.")
    written = await write.handle(POLICY_FILE, f"policy-{name}", Publish(name=name, content=body.content))
    version, effective_from = written.state.version, written.state.effective_from
    view = PolicyView(name=name, version=version, effective_from=effective_from, hash=content_hash(body.content))
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
