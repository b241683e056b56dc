"""Every revision of a basic card: who changed which fields to what; the card is their sum."""

from __future__ import annotations

from typing import Any

from eventlog.projection import FactsTable, day, json, text, uuid
from events import BasicCardRevised

card_revision = FactsTable(
    "card_revision",
    columns={"dealer": uuid, "revised_on": day, "by": text, "changed": json, "values": json},
    scope="dealer",
    indexes=[("dealer",)],
)


@card_revision.on(BasicCardRevised, uses=tuple(BasicCardRevised.model_fields))
def revised(e: Any) -> dict[str, Any]:
    """One revision; `values` holds the changed fields only."""
    data = e.data
    return {
        "dealer": e.subject,
        "revised_on": e.businessdate,
        "by": data.by,
        "changed": data.changed,
        "values": {field: getattr(data, field) for field in data.changed},
    }
