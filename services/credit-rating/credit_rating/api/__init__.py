"""The HTTP interface: one file a resource."""

from credit_rating.api import ageing, entries, grades, ledger, limits, orders, policies, receivables, runs

ROUTERS = [
    ledger.router,
    entries.router,
    receivables.router,
    ageing.router,
    orders.router,
    grades.router,
    limits.router,
    runs.router,
    policies.router,
]
