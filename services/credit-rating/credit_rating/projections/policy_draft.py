"""Drafts of the credit policy, each as it reads now, and who wrote, submitted, approved or gave it up."""

from typing import Any

from eventlog.projection import Patch, StateTable, day, integer, json, text, uuid
from events import (
    CreditPolicyDraftApproved,
    CreditPolicyDrafted,
    CreditPolicyDraftReturned,
    CreditPolicyDraftRevised,
    CreditPolicyDraftSubmitted,
    CreditPolicyDraftWithdrawn,
)

policy_draft = StateTable(
    "policy_draft",
    key={"name": text, "draft": uuid},
    columns={
        "version": integer,
        "effective_from": day,
        "content": json,
        "hash": text,
        "note": text,
        "stage": text,
        "drafted_by": text,
        "drafted_on": day,
        "revised_by": text,
        "submitted_by": text,
        "closed_by": text,
        "reason": text,
    },
    indexes=[("stage", "version")],
)
WRITTEN = ("version", "effective_from", "content", "hash", "note")
KEY = ("name", "draft")


def _patch(e: Any, **columns: Any) -> Patch:
    return Patch(key=(e.data.name, e.data.draft), set=columns)


def _written(e: Any) -> dict[str, Any]:
    return {name: getattr(e.data, name) for name in WRITTEN}


@policy_draft.on(CreditPolicyDrafted, uses=(*KEY, *WRITTEN, "by"), sets=(*WRITTEN, "stage", "drafted_by", "drafted_on"))
def drafted(e: Any) -> Patch:
    """Somebody begins a draft."""
    return _patch(e, **_written(e), stage="drafting", drafted_by=e.data.by, drafted_on=e.businessdate)


@policy_draft.on(CreditPolicyDraftRevised, uses=(*KEY, *WRITTEN, "by"), sets=(*WRITTEN, "stage", "revised_by"))
def revised(e: Any) -> Patch:
    """It reads otherwise."""
    return _patch(e, **_written(e), stage="drafting", revised_by=e.data.by)


@policy_draft.on(CreditPolicyDraftSubmitted, uses=(*KEY, "by"), sets=("stage", "submitted_by"))
def submitted(e: Any) -> Patch:
    """It waits for approval."""
    return _patch(e, stage="submitted", submitted_by=e.data.by)


@policy_draft.on(CreditPolicyDraftReturned, uses=(*KEY, "reason"), sets=("stage", "reason"))
def returned(e: Any) -> Patch:
    """It is to be written anew."""
    return _patch(e, stage="drafting", reason=e.data.reason)


@policy_draft.on(CreditPolicyDraftWithdrawn, uses=(*KEY, "reason", "by"), sets=("stage", "reason", "closed_by"))
def withdrawn(e: Any) -> Patch:
    """It is given up."""
    return _patch(e, stage="withdrawn", reason=e.data.reason, closed_by=e.data.by)


@policy_draft.on(CreditPolicyDraftApproved, uses=(*KEY, "opinion", "by"), sets=("stage", "reason", "closed_by"))
def approved(e: Any) -> Patch:
    """It is published, and no draft any more."""
    return _patch(e, stage="approved", reason=e.data.opinion, closed_by=e.data.by)
