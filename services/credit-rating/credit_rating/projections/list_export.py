"""The register of exports: which list went out as which file, when, known at which cut, and to whom.

Who is bound to a place sees the exports of those who are bound to that very place; who sees the company sees them all.
"""

from typing import Any

from eventlog.projection import PLACE, FactsTable, bigint, day, json, text, uuid
from events import ListExported
from service.rls import PLACES

list_export = FactsTable(
    "list_export",
    columns={
        "export": uuid,
        "resource": text,
        "format": text,
        "filters": json,
        "as_of": day,
        "reach": text,
        **dict.fromkeys(PLACES, text),
        "rows": bigint,
        "cut": json,
        "sha256": text,
        "by": text,
    },
    scope=PLACE,
    indexes=[("export",)],
)
SAID = ("resource", "format", "filters", "as_of", "reach", "rows", "cut", "sha256", "by")


@list_export.on(ListExported, uses=(*SAID, "code"))
def exported(e: Any) -> dict[str, Any]:
    """The place that its taker is bound to, if to any."""
    place = {e.data.reach: e.data.code} if e.data.code else {}
    return {"export": e.subject.removeprefix("export-"), **{name: getattr(e.data, name) for name in SAID}, **place}
