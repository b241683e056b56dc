"""Who may do what: roles, how far each sees, and the permissions that every service shares.

A service declares its own table in `permissions.py` as `{permission: (role, …)}` and hands it to
`Service(permissions=…)`; a route whose permission nobody holds keeps the service from starting. The auditor reads
everything and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

Reach = Literal["territory", "branch", "region", "company"]

SALES_REPRESENTATIVE = "sales_representative"
BRANCH_MANAGER = "branch_manager"
BRANCH_GENERAL_MANAGER = "branch_general_manager"
REGION_CLERK = "region_clerk"
REGIONAL_DIRECTOR = "regional_director"
HEAD_OF_MARKETING = "head_of_marketing"
CREDIT_CONTROLLER = "credit_controller"
AUDITOR = "auditor"
OPERATOR = "operator"
IMPORTER = "importer"
SERVICE = "service"

ROLES: dict[str, Reach] = {
    SALES_REPRESENTATIVE: "territory",
    BRANCH_MANAGER: "branch",
    BRANCH_GENERAL_MANAGER: "branch",
    REGION_CLERK: "region",
    REGIONAL_DIRECTOR: "region",
    HEAD_OF_MARKETING: "company",
    CREDIT_CONTROLLER: "company",
    AUDITOR: "company",
    OPERATOR: "company",
    IMPORTER: "company",
    SERVICE: "company",
}
"""Every role and how far it sees. `service` is another service of ours: it reads logs and nothing else."""

EVERYONE: tuple[str, ...] = tuple(role for role in ROLES if role != SERVICE)
PEOPLE: tuple[str, ...] = tuple(role for role in EVERYONE if role != IMPORTER)
SALES: tuple[str, ...] = (SALES_REPRESENTATIVE, BRANCH_MANAGER, BRANCH_GENERAL_MANAGER)
ENTERING: tuple[str, ...] = (SALES_REPRESENTATIVE, BRANCH_MANAGER, REGION_CLERK, IMPORTER)

SHARED: dict[str, tuple[str, ...]] = {
    "ops.read": (OPERATOR, AUDITOR),
    "ops.replay": (OPERATOR,),
    "log.read": (SERVICE, OPERATOR, AUDITOR),
    "import.read": (IMPORTER, OPERATOR, AUDITOR, CREDIT_CONTROLLER, HEAD_OF_MARKETING),
    "import.run": (IMPORTER,),
    "import.undo": (IMPORTER, OPERATOR),
}
"""Permissions of the kit's own routes."""

Grants = Mapping[str, Iterable[str]]


def permissions(*tables: Grants) -> dict[str, frozenset[str]]:
    """Grant tables (`{permission: roles}`) as `{role: permissions}`; an unknown role or a second owner is an error."""
    held: dict[str, set[str]] = {role: set() for role in ROLES}
    seen: set[str] = set()
    for table in tables:
        for permission, roles in table.items():
            if permission in seen:
                raise ValueError(f"permission {permission!r} is declared twice; one table owns it")
            seen.add(permission)
            for role in roles:
                if role not in held:
                    raise ValueError(f"permission {permission!r} names the unknown role {role!r}")
                held[role].add(permission)
    return {role: frozenset(of_role) for role, of_role in held.items()}


PERMISSIONS: dict[str, frozenset[str]] = permissions(SHARED)
"""The shared table by role; a service's own is `Service.held`."""
