"""Published policies of both kinds as facts: ageing columns and service standards come from them."""

from typing import Any

from eventlog.projection import FactsTable, day, integer, json, text
from events import CreditPolicyPublished, TieringPolicyPublished

policy = FactsTable(
    "policy",
    columns={"kind": text, "name": text, "version": integer, "effective_from": day, "content": json, "hash": text},
    indexes=[("kind", "effective_from")],
)
FIELDS = ("name", "version", "effective_from", "content", "hash")


@policy.on(CreditPolicyPublished, uses=FIELDS)
def credit_published(e: Any) -> dict[str, Any]:
    """A version of the credit policy."""
    return {"kind": "credit"} | {name: getattr(e.data, name) for name in FIELDS}


@policy.on(TieringPolicyPublished, uses=FIELDS)
def tiering_published(e: Any) -> dict[str, Any]:
    """A version of the tiering policy."""
    return {"kind": "tiering"} | {name: getattr(e.data, name) for name in FIELDS}
