"""The life of a policy before it is published: drafted, compared, submitted, approved by another person.

The service has a table `policy_draft` beside `policy`; `rules.policy_drafts` holds the rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict

from events.fields import Said, Text
from rules import policy_drafts as rules
from rules.differences import differences
from rules.policy import content_hash, key
from service.context import Read, ReadContext, Write, WriteContext
from service.paging import Keyset, Page, PageOf
from service.policies import Policies, Version, content_of_version
from service.policy_documents import Document, content_of
from service.problems import Kind, Problem
from service.routing import Router

LATEST_FIRST = Keyset("version", "draft", descending=True)
COLUMNS = """draft, name, version, effective_from, hash, note, stage, drafted_by, drafted_on, revised_by, submitted_by,
    closed_by, reason"""
ONE = f"select {COLUMNS}, content from policy_draft where name = $1 and draft = $2"
LIST = f"""
select {COLUMNS} from policy_draft
where name = $1 and ($2::text is null or stage = $2) and {{after}} {{order}} limit {{limit}}
"""
PROBLEMS = {
    "no-draft": Kind(409, "No such draft under way", "Read the drafts: it was published or withdrawn."),
    "too-many-drafts": Kind(409, "Too many drafts", "Withdraw a draft that nobody needs."),
}
WRITES = ("policy-invalid", "policy-misnamed")
PUBLISHES = ("no-draft", "stage-wrong", "policy-version-not-new", "policy-effective-too-early")


class DraftBody(Document):
    """A policy document and what is new in it."""

    note: Text = ""


class Opinion(BaseModel):
    """What the approver has to say."""

    model_config = ConfigDict(extra="forbid")

    opinion: Text = ""


class Reason(BaseModel):
    """What has to change, or why the draft is given up."""

    model_config = ConfigDict(extra="forbid")

    reason: Said


class Nothing(BaseModel):
    """Nothing more to say."""

    model_config = ConfigDict(extra="forbid")


class DraftStage(BaseModel):
    """Where a draft stands after a write: drafting, submitted, approved or withdrawn."""

    draft: UUID
    stage: str


class DraftView(BaseModel):
    """A draft: who wrote, submitted and closed it (approved or withdrew), and the last reason or opinion given."""

    draft: UUID
    name: str
    version: int
    effective_from: date
    hash: str
    note: str
    stage: str
    drafted_by: str
    drafted_on: date
    revised_by: str | None
    submitted_by: str | None
    closed_by: str | None
    reason: str | None


class DraftContent(DraftView):
    """A draft with its document; its ETag is what a step names, that of all drafts of this policy."""

    content: dict[str, Any]


class DifferenceView(BaseModel):
    """A value that differs: its path, as it was, as it is; null where one side has none."""

    path: str
    old: Any
    new: Any


class Compared(BaseModel):
    """What is new against a published version; `against` null: there is none before."""

    against: int | None
    differences: list[DifferenceView]


class Checked(BaseModel):
    """A document that is a policy; one that is none is refused with the line and path of each error."""

    name: str
    version: int
    effective_from: date
    hash: str


def drafts_of(policies: Policies) -> Router:
    """Routes of the drafts of a service's policy."""
    router, name, book = Router("policies"), policies.name, policies.file

    @router.ask("/policies/validations", permission="policy.read", answers=Checked, problems=WRITES)
    async def validate_policy(body: Document, read: Read) -> Checked:
        """Check a policy document without keeping it."""
        content = await content_of(policies, body, read.request)
        return Checked(**policies.model.read(content).model_dump(include={"name", "version", "effective_from"}),
                       hash=content_hash(content))  # fmt: skip

    @router.post("/policies/drafts", permission="policy.draft", answers=DraftStage,
                 problems=(*WRITES, "too-many-drafts"))  # fmt: skip
    async def draft_policy(body: DraftBody, write: Write) -> Response:
        """Write a draft of a next version; refused with the line and path of each error."""
        draft, content = write.command("draft"), await content_of(policies, body, write.request)
        command = rules.DraftPolicy(draft=str(draft), by=write.caller.login, name=name, content=content, note=body.note)
        return await _step(write, draft, command, location=f"/policies/drafts/{draft}")

    @router.get("/policies/drafts", permission="policy.read", answers=Page[DraftView])
    async def list_drafts(
        read: Read, page: PageOf, stage: Annotated[str | None, Query(max_length=20)] = None
    ) -> Page[DraftView]:
        """Drafts, of the highest version first; `stage`: drafting, submitted, approved or withdrawn."""
        query = LIST.format(after=LATEST_FIRST.after(page, 3), order=LATEST_FIRST.order, limit=page.limit + 1)
        async with read.snapshot() as conn:
            rows = await conn.fetch(query, name, stage, *LATEST_FIRST.values(page))
        return page.of(rows, LATEST_FIRST, DraftView)

    @router.get("/policies/drafts/{draft}", permission="policy.read", answers=DraftContent)
    async def read_draft(draft: UUID, read: Read) -> DraftContent:
        """One draft with its document."""
        async with read.snapshot() as conn:
            row = await _draft_in(conn, name, draft)
            await read.shows(conn, book, key(name))
        return DraftContent.model_validate(dict(row) | {"content": json.loads(row["content"])})

    @router.get("/policies/drafts/{draft}/differences", permission="policy.read", answers=Compared)
    async def compare_draft(draft: UUID, read: Read, version: Annotated[int | None, Version] = None) -> Compared:
        """What a draft changes in a published version, the last one unless said."""
        row = await draft_row(read, name, draft)
        return await compared(read, name, json.loads(row["content"]), against=version)

    @router.get("/policies/{name}/{version}/differences", permission="policy.read", answers=Compared)
    async def compare_version(
        name: str, version: Annotated[int, Path(ge=1, le=10**6)], read: Read,
        against: Annotated[int | None, Version] = None,
    ) -> Compared:  # fmt: skip
        """What a published version changes in another one, the one before unless said."""
        async with read.snapshot() as conn:
            found = await content_of_version(conn, name, version)
        if found is None:
            raise Problem("not-found", f"No version {version} of a policy {name} is published.")
        return await compared(read, name, found[1], against=against, before=version)

    @router.post("/policies/drafts/{draft}/revision", permission="policy.draft", answers=DraftStage, edits=True,
                 status=200, problems=(*WRITES, "no-draft", "stage-wrong"))  # fmt: skip
    async def revise_draft(draft: UUID, body: DraftBody, write: Write) -> Response:
        """Write a draft otherwise, while it is not submitted."""
        content = await content_of(policies, body, write.request)
        command = rules.ReviseDraft(draft=str(draft), by=write.caller.login, name=name, content=content, note=body.note)
        return await _step(write, draft, command)

    @router.post("/policies/drafts/{draft}/submission", permission="policy.draft", answers=DraftStage, edits=True,
                 status=200, problems=PUBLISHES)  # fmt: skip
    async def submit_draft(draft: UUID, body: Nothing, write: Write) -> Response:
        """Have a draft approved: its version is new and begins on a later day."""
        command = rules.SubmitDraft(draft=str(draft), by=write.caller.login, today=write.today)
        return await _step(write, draft, command)

    @router.post("/policies/drafts/{draft}/approval", permission="policy.approve", answers=DraftStage, edits=True,
                 status=200, problems=(*PUBLISHES, "same-person"))  # fmt: skip
    async def approve_draft(draft: UUID, body: Opinion, write: Write) -> Response:
        """Publish a draft as it was submitted; who wrote or submitted it may not."""
        command = rules.ApproveDraft(draft=str(draft), by=write.caller.login, today=write.today, opinion=body.opinion)
        return await _step(write, draft, command)

    @router.post("/policies/drafts/{draft}/return", permission="policy.approve", answers=DraftStage, edits=True,
                 status=200, problems=("no-draft", "stage-wrong"))  # fmt: skip
    async def return_draft(draft: UUID, body: Reason, write: Write) -> Response:
        """Have a submitted draft written anew, with what has to change."""
        return await _step(write, draft, rules.ReturnDraft(draft=str(draft), by=write.caller.login, reason=body.reason))

    @router.post("/policies/drafts/{draft}/withdrawal", permission="policy.draft", answers=DraftStage, edits=True,
                 status=200, problems=("no-draft",))  # fmt: skip
    async def withdraw_draft(draft: UUID, body: Reason, write: Write) -> Response:
        """Give a draft up."""
        command = rules.WithdrawDraft(draft=str(draft), by=write.caller.login, reason=body.reason)
        return await _step(write, draft, command)

    async def _step(write: WriteContext, draft: UUID, command: Any, location: str | None = None) -> Response:
        written = await write.handle(book, key(name), command)
        under_way = written.state.drafts.get(str(draft))
        closed = "approved" if isinstance(command, rules.ApproveDraft) else "withdrawn"
        view = DraftStage(draft=draft, stage=under_way.stage if under_way else closed)
        return write.answer(written, view, location=location)

    return router


async def draft_row(read: ReadContext, name: str, draft: UUID) -> Mapping[str, Any]:
    """A draft as the read model has it; 404 without one."""
    async with read.snapshot() as conn:
        return await _draft_in(conn, name, draft)


async def _draft_in(conn: Any, name: str, draft: UUID) -> Mapping[str, Any]:
    row: Mapping[str, Any] | None = await conn.fetchrow(ONE, name, draft)
    if row is None:
        raise Problem("not-found", "There is no such draft.", retryable=True)
    return row


async def compared(
    read: ReadContext, name: str, content: dict[str, Any], *, against: int | None, before: int | None = None
) -> Compared:
    """The differences between a published version (the latest, or the latest before one) and a document."""
    async with read.snapshot() as conn:
        found = await content_of_version(conn, name, against, before=before)
    if found is None and against is not None:
        raise Problem("not-found", f"No version {against} of a policy {name} is published.")
    version, old = found or (None, {})
    told = [DifferenceView(**each._asdict()) for each in differences(old, content)]
    return Compared(against=version, differences=told)
