"""The HTTP interface: one file a resource."""

from credit_rating.api import (
    ageing,
    delegations,
    entries,
    exceptions,
    figures,
    grades,
    ledger,
    limit_overrides,
    limitations,
    limits,
    orders,
    policies,
    receivables,
    reviews,
    runs,
    simulations,
    statement_reading,
    statements,
    unapplied,
)
from credit_rating.imports import IMPORTS
from service.imports.api import imports_of

ROUTERS = [
    imports_of(IMPORTS),
    ledger.router,
    entries.router,
    receivables.router,
    ageing.router,
    figures.router,
    limitations.router,
    unapplied.router,
    statements.router,
    statement_reading.router,
    orders.router,
    grades.router,
    limits.router,
    limit_overrides.router,
    runs.router,
    reviews.router,
    delegations.router,
    simulations.router,
    exceptions.router,
    policies.drafts,
    policies.router,
]
