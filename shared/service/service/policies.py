"""The policy that a service decides under: its routes, its refusals, and the one that a fresh installation begins with.

    POLICIES = Policies("tiering", POLICY_FILE, TieringPolicy, files("tiering") / "policies/tiering-2026-01.json")

The service has a table `policy` (name, version, effective_from, content, hash); `rules.policy` holds the rules.
"""

from __future__ import annotations

import json
from datetime import date
from importlib.resources.abc import Traversable
from typing import Annotated, Any, NamedTuple

from fastapi import Path, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict

from eventlog.log import Log
from eventlog.meta import Meta
from events import wording
from events.decider import Decider, Refused
from events.fields import Day, free_json
from events.ids import command_id, request_hash
from rules.policy import Policy, key
from rules.policy import PublishPolicy as Publish
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Kind, Problem
from service.routing import Router

ACTOR = "dealerlog"
Version = Query(ge=1, le=10**6, description="a published version")
BY_VERSION = Keyset("name", "version")
LIST = """
select * from (
    select p.name, p.version, p.effective_from, p.hash, {people},
        case when p.effective_from > $1 then 'approved'
            when exists (
                select from policy n where n.name = p.name and n.effective_from <= $1
                    and (n.effective_from, n.version) > (p.effective_from, p.version)
            ) then 'superseded' else 'in_force' end as state
    from policy p {drafts}
) as p where {after} {order} limit {limit}
"""
PEOPLE, DRAFTS = (
    "d.drafted_by, d.closed_by as approved_by",
    """
left join policy_draft d on d.name = p.name and d.version = p.version and d.hash = p.hash and d.stage = 'approved'
""",
)
NOBODY = "null as drafted_by, null as approved_by"
CONTENT = """
select version, content from policy
where name = $1 and ($2::integer is null or version = $2) and ($3::integer is null or version < $3)
order by version desc limit 1
"""
ONE = "select name, version, effective_from, hash, content from policy where name = $1 and version = $2"
PROBLEMS = {
    "policy-invalid": Kind(422, "Not a policy", "Correct each path that `errors` names."),
    "policy-misnamed": Kind(422, "Policy misnamed", "Publish it under the name that decisions are taken under."),
    "policy-version-not-new": Kind(409, "Version already published", "Give the document a higher version."),
    "policy-effective-too-early": Kind(409, "Effective too early", "Let it begin after the version before it."),
}


class Policies(NamedTuple):
    """The name under which a service's policy is published, its decider, and the version that comes with a release."""

    name: str
    file: Decider[Any, Any]
    model: type[Policy]
    document: Traversable
    drafts: bool = False
    """Whether versions are published by way of drafts that another person approves (`service.policy_drafts`)."""

    def readable(self, said: dict[str, Any]) -> dict[str, Any]:
        """The content of a policy document under this name. Refused: policy-misnamed, policy-invalid."""
        if said.get("name") != self.name:
            raise Refused(
                "policy-misnamed", f"Decisions here are taken under the policy named {self.name}: use that name."
            )
        self.model.read(said)
        try:
            content: dict[str, Any] = free_json(said)
        except ValueError as error:
            raise Refused("policy-invalid", f"Correct the policy document: {error}.") from error
        return content

    def shipped(self) -> dict[str, Any]:
        """The content of the policy that comes with this release."""
        content: dict[str, Any] = json.loads(self.document.read_text(encoding="utf-8"))
        return content

    async def publish_shipped(self, log: Log, today: date) -> None:
        """Publish the shipped policy unless it, or any later version, was published; a repeat writes nothing."""
        content = self.shipped()
        version = str(content["version"])
        state, _ = await log.state(self.file, key(self.name))
        if state.version >= content["version"]:
            return
        command = command_id(log.name, "shipped-policy", self.name, version)
        meta = Meta(
            actor=ACTOR,
            business_date=today,
            command_id=command,
            request_hash=request_hash({"name": self.name, "version": version}),
            correlation=str(command),
        )
        await log.handle(self.file, key(self.name), Publish(name=self.name, content=free_json(content)), meta)


class PublishPolicy(BaseModel):
    """A policy document; its content says its name, version and the day from which it is in force."""

    model_config = ConfigDict(extra="forbid")

    content: Annotated[dict[str, Any], AfterValidator(wording.throughout)]


class PolicyView(BaseModel):
    """One version of a policy; `hash` is the SHA-256 of its canonical content, which every decision names."""

    name: str
    version: int
    effective_from: date
    hash: str


class PolicyRow(PolicyView):
    """A version as it stands on a day: approved (to come), in_force or superseded; who drafted and approved it."""

    state: str
    drafted_by: str | None
    approved_by: str | None


class PolicyContent(PolicyView):
    """A policy with its content."""

    content: dict[str, Any]


def router_of(policies: Policies) -> Router:
    """Published versions, effective from a day on, never changed: list them, read one; publish one, without drafts."""
    router = Router("policies")

    if not policies.drafts:

        @router.post("/policies", permission="policy.publish", answers=PolicyView)
        async def publish_policy(body: PublishPolicy, write: Write) -> Response:
            """Publish a version of the policy; refused with the path of every error."""
            name, content = policies.name, policies.readable(body.content)
            written = await write.handle(policies.file, key(name), Publish(name=name, content=content))
            state = written.state
            view = PolicyView(name=name, version=state.version, effective_from=state.effective_from, hash=state.hash)
            return write.answer(written, view)

    @router.get("/policies", permission="policy.read", answers=Page[PolicyRow])
    async def list_policies(read: Read, page: PageOf, as_of: Day | None = None) -> Page[PolicyRow]:
        """Published policies by name and version, and how each stands on a day (today unless said)."""
        people, drafts = (PEOPLE, DRAFTS) if policies.drafts else (NOBODY, "")
        query = LIST.format(people=people, drafts=drafts, after=BY_VERSION.after(page, 2), order=BY_VERSION.order,
                            limit=page.limit + 1)  # fmt: skip
        async with read.snapshot() as conn:
            rows = await conn.fetch(query, as_of or read.today, *BY_VERSION.values(page))
        return page.of(rows, BY_VERSION, PolicyRow)

    @router.get("/policies/{name}/{version}", permission="policy.read", answers=PolicyContent)
    async def read_policy(name: str, version: Annotated[int, Path(ge=1, le=10**6)], read: Read) -> PolicyContent:
        """One version of a policy with its content."""
        async with read.snapshot() as conn:
            row = await conn.fetchrow(ONE, name, version)
        if row is None:
            raise Problem("not-found", f"No version {version} of a policy {name} is published.")
        return PolicyContent.model_validate(dict(row) | {"content": json.loads(row["content"])})

    return router


async def content_of_version(
    conn: Any, name: str, version: int | None, *, before: int | None = None
) -> tuple[int, dict[str, Any]] | None:
    """A version and its content, the latest (`before` one) where none is said; None if there is none."""
    row = await conn.fetchrow(CONTENT, name, version, before)
    return row and (row["version"], json.loads(row["content"]))
