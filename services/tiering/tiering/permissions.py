"""Who may do what in tiering (domain.md 3): one table."""

from __future__ import annotations

from service.permissions import EVERYONE, HEAD_OF_MARKETING, IMPORTER, OPERATOR, REGION_CLERK

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "sale.read": EVERYONE,
    "sale.record": (IMPORTER, REGION_CLERK),
    "sale.reverse": (IMPORTER, OPERATOR),
    "inventory.read": EVERYONE,
    "inventory.report": (IMPORTER, REGION_CLERK),
    "class.read": EVERYONE,
    "class.assign": (HEAD_OF_MARKETING,),
    "visit.read": EVERYONE,
    "policy.read": EVERYONE,
    "policy.publish": (HEAD_OF_MARKETING,),
}
