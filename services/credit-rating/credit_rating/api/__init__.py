"""The HTTP interface: one file a resource."""

from credit_rating.api import ageing, grades, ledger, limits, orders, policies, receivables, runs

ROUTERS = [
    ledger.router,
    receivables.router,
    ageing.router,
    orders.router,
    grades.router,
    limits.router,
    runs.router,
    policies.router,
]
