"""How a policy comes to be published: drafted, submitted, approved by somebody who has not written it (domain.md 2.8).

    drafting → submitted → published, with a way back (returned) and a way out (withdrawn)

Drafts live in the stream of the policy itself, so that an approval and its publication are one write, and two drafts
can never be published as the same version. A published version never changes; another one may take its place.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict

from events.catalogue import Event
from events.decider import Decider, Refused
from events.ids import canonical
from rules.policy import Policy, PolicyFile, PublishPolicy, content_hash, policy_file

MOST_DRAFTS, MOST_BYTES = 10, 24 * 1024
"""Under way at once, and in a document: the state of the stream holds them all."""
Stage: TypeAlias = Literal["drafting", "submitted"]
NEXT_STEP: dict[Stage, str] = {
    "drafting": "it waits for whoever writes it, who submits it",
    "submitted": "it waits for approval, or is returned to be written anew",
}


class Command(BaseModel):
    """What is asked of a draft; `by` is the login of who asks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    draft: str
    by: str


class _Write(Command):
    name: str
    content: dict[str, Any]
    note: str = ""


class DraftPolicy(_Write):
    """Write a draft of the next version."""


class ReviseDraft(_Write):
    """Write it otherwise."""


class SubmitDraft(Command):
    """Have it approved; `today` is the business date."""

    today: date


class ApproveDraft(Command):
    """Publish it as it was submitted."""

    today: date
    opinion: str = ""


class ReturnDraft(Command):
    """Have it written anew, with what has to change."""

    reason: str


class WithdrawDraft(Command):
    """Give it up."""

    reason: str


DraftCommand: TypeAlias = DraftPolicy | ReviseDraft | SubmitDraft | ApproveDraft | ReturnDraft | WithdrawDraft


class DraftEvents(NamedTuple):
    """The types in which an owner tells of drafts."""

    drafted: type[Event]
    revised: type[Event]
    submitted: type[Event]
    returned: type[Event]
    withdrawn: type[Event]
    approved: type[Event]


class Draft(msgspec.Struct, frozen=True):
    """A draft under way: its document, its stage, and everybody who wrote or submitted it, the drafter first."""

    content: dict[str, Any]
    people: tuple[str, ...]
    stage: Stage = "drafting"


class PolicyBook(PolicyFile, frozen=True):
    """What was published last, and the drafts under way by id."""

    drafts: dict[str, Draft] = msgspec.field(default_factory=dict)


def policy_book(
    owner: str, model: type[Policy], published: type[Event], told: DraftEvents
) -> Decider[PolicyBook, DraftCommand | PublishPolicy]:
    """The decider of an owner's policies and their drafts.

    Refused: policy-invalid, policy-misnamed, too-many-drafts, no-draft, stage-wrong, same-person,
    and what `policy_file` refuses of a version.
    """
    file = policy_file(owner, model, published)

    def decide(book: PolicyBook, command: DraftCommand | PublishPolicy) -> list[Event]:
        """What happens on a command; a `PublishPolicy` is the release's own, of a fresh installation."""
        match command:
            case PublishPolicy():
                return file.decide(book, command)
            case DraftPolicy() if command.draft in book.drafts:
                return []
            case DraftPolicy() if len(book.drafts) >= MOST_DRAFTS:
                raise Refused("too-many-drafts", f"{MOST_DRAFTS} drafts are under way: withdraw one of them first.")
            case DraftPolicy():
                return [told.drafted(**_written(command, model))]
        draft = book.drafts.get(command.draft)
        if draft is None:
            raise Refused("no-draft", "No such draft is under way: it was published or withdrawn, or never written.")
        name = draft.content["name"]
        match command, draft.stage:
            case ReviseDraft(), "drafting":
                return [told.revised(**_written(command, model))]
            case SubmitDraft(today=today), "drafting":
                _require_publishable(book, model.read(draft.content), today)
                return [told.submitted(**_of(command, name), hash=content_hash(draft.content))]
            case ApproveDraft(), "submitted":
                return _approved(book, draft, command)
            case ReturnDraft(reason=reason), "submitted":
                return [told.returned(**_of(command, name), reason=reason)]
            case WithdrawDraft(reason=reason), _:
                return [told.withdrawn(**_of(command, name), reason=reason)]
            case _:
                raise Refused("stage-wrong", f"The draft is {draft.stage}: {NEXT_STEP[draft.stage]}.",
                              stage=draft.stage)  # fmt: skip

    def _approved(book: PolicyBook, draft: Draft, command: ApproveDraft) -> list[Event]:
        if command.by in draft.people:
            raise Refused("same-person", f"{command.by} wrote or submitted this draft: somebody else approves it.")
        content, policy = draft.content, model.read(draft.content)
        _require_publishable(book, policy, command.today)
        of = {"version": policy.version, "hash": content_hash(content)}
        return [
            told.approved(**_of(command, policy.name), **of, drafted_by=draft.people[0], opinion=command.opinion),
            published(name=policy.name, effective_from=policy.effective_from, content=content, **of),
        ]

    def evolve(book: PolicyBook, event: Any) -> PolicyBook:
        """What is then so."""
        kind = type(event)
        if kind is published:
            return msgspec.structs.replace(
                book, version=event.version, effective_from=event.effective_from, hash=event.hash
            )
        if kind not in told:
            return book
        drafts = {id: draft for id, draft in book.drafts.items() if id != event.draft}
        if (draft := _next(book.drafts.get(event.draft), event)) is not None:
            drafts[event.draft] = draft
        return msgspec.structs.replace(book, drafts=drafts)

    def _next(draft: Draft | None, event: Any) -> Draft | None:
        kind, people = type(event), tuple(dict.fromkeys((*(draft.people if draft else ()), event.by)))
        if kind in (told.drafted, told.revised):
            return Draft(event.content, people)
        if draft is None or kind in (told.withdrawn, told.approved):
            return None
        if kind is told.submitted:
            return Draft(draft.content, people, "submitted")
        return Draft(draft.content, draft.people)

    return Decider(owner=owner, category="policy", state=PolicyBook, decide=decide, evolve=evolve)


def _of(command: Command, name: str) -> dict[str, Any]:
    return {"name": name, "draft": command.draft, "by": command.by}


def _written(command: DraftPolicy | ReviseDraft, model: type[Policy]) -> dict[str, Any]:
    policy = model.read(command.content)
    if policy.name != command.name:
        raise Refused("policy-misnamed", f"The document names itself {policy.name}: call it {command.name}.")
    if len(canonical(command.content)) > MOST_BYTES:
        raise Refused("policy-invalid", f"A policy document takes at most {MOST_BYTES:,} bytes: say it in fewer.")
    return _of(command, policy.name) | {
        "version": policy.version, "effective_from": policy.effective_from, "content": command.content,
        "hash": content_hash(command.content), "note": command.note,
    }  # fmt: skip


def _require_publishable(book: PolicyFile, policy: Policy, today: date) -> None:
    """A new version from a later day on; only one that is not in force yet may be replaced from its own first day."""
    if policy.version <= book.version:
        raise Refused(
            "policy-version-not-new",
            f"Version {book.version} is published and cannot change: give this document a higher version.",
            version=book.version,
        )
    if policy.effective_from <= today:
        raise Refused("policy-effective-too-early", f"Let it begin after today, {today}: nothing is decided anew.",
                      effective_from=today.isoformat())  # fmt: skip
    if book.effective_from is not None and policy.effective_from < book.effective_from:
        raise Refused(
            "policy-effective-too-early",
            f"Version {book.version} takes effect on {book.effective_from}: let this one begin on that day or later.",
            effective_from=book.effective_from.isoformat(),
        )
