"""What tiering shows: one declaration a table, run live, rebuilt, or folded for one dealer."""

from __future__ import annotations

from eventlog.projection import Table
from tiering.projections import classes, dealers, inventory, policies, runs, sales, visits
from tiering.projections.file_import import file_import

TABLES: list[Table] = [
    dealers.dealer_scope,
    dealers.dealer,
    dealers.dealer_reference,
    dealers.onboarding,
    sales.sale_line,
    inventory.stock_report,
    visits.visit,
    runs.run,
    runs.run_exclusion,
    runs.run_completion,
    classes.abc_class,
    policies.policy,
    file_import,
]
