"""Published policies, each version as it was published; immutable."""

from typing import Any

from eventlog.projection import Patch, StateTable, day, integer, json, text
from events import CreditPolicyPublished

policy = StateTable(
    "policy",
    key={"name": text, "version": integer},
    columns={"effective_from": day, "content": json, "hash": text},
)


@policy.on(CreditPolicyPublished, uses=("name", "version", "effective_from", "content", "hash"))
def published(e: Any) -> Patch:
    """A version, in force from a day on."""
    return Patch(
        key=(e.data.name, e.data.version),
        set={"effective_from": e.data.effective_from, "content": e.data.content, "hash": e.data.hash},
    )
