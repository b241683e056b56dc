"""Revisions of the basic card (客户资料卡) as facts: `fields` holds what a revision sets, emptied ones included."""

from typing import Any

from eventlog.projection import FactsTable, json, text, uuid
from events import BasicCardRevised

FIELDS = tuple(name for name in BasicCardRevised.model_fields if name not in ("changed", "by"))

card = FactsTable(
    "card",
    columns={"dealer": uuid, "name": text, "fields": json, "revised_by": text},
    scope="dealer",
    indexes=[("dealer",)],
)


@card.on(BasicCardRevised, uses=("changed", "by", *FIELDS))
def revised(e: Any) -> dict[str, Any]:
    """What the revision said, emptied fields included."""
    fields = {name: getattr(e.data, name) for name in e.data.changed if name in FIELDS}
    return {"dealer": e.subject, "name": fields.get("name"), "fields": fields, "revised_by": e.data.by}
