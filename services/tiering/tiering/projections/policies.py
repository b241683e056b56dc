"""Published versions of tiering policies, immutable."""

from __future__ import annotations

from typing import Any

from eventlog.projection import Patch, StateTable, day, integer, json, text
from events import TieringPolicyPublished

policy = StateTable(
    "policy",
    key={"name": text, "version": integer},
    columns={"effective_from": day, "content": json, "hash": text, "published_by": text, "published_on": day},
)


@policy.on(TieringPolicyPublished, uses=("name", "version", "effective_from", "content", "hash"))
def published(e: Any) -> Patch:
    """One version."""
    data = e.data
    return Patch(
        key=(data.name, data.version),
        set={
            "effective_from": data.effective_from,
            "content": data.content,
            "hash": data.hash,
            "published_by": e.actor,
            "published_on": e.businessdate,
        },
    )
