"""tiering, wired: `python -m tiering.app [serve|migrate|routes]`."""

from __future__ import annotations

from collections.abc import Sequence

from service.app import Service
from service.imports.api import imports_of
from service.imports.problems import PROBLEMS as IMPORT_PROBLEMS
from service.imports.working import import_loop
from service.lifecycle import Loop
from service.policies import PROBLEMS as POLICY_PROBLEMS
from service.problems import Kind
from service.runtime import Runtime
from tiering import projections, reactions, running
from tiering.api import classes, inventory, policies, runs, sales, visits
from tiering.domain.classification_run import CLASSIFICATION_RUN
from tiering.domain.policy_file import POLICY_FILE
from tiering.domain.tier_file import TIER_FILE
from tiering.imports import IMPORTING
from tiering.permissions import PERMISSIONS

PROBLEMS: dict[str, Kind] = {
    "unknown-dealer": Kind(409, "Unknown dealer", "Onboard it first, or repeat in a moment.", 1),
    "currency-other": Kind(422, "Another currency", "Convert to the installation's currency first."),
    "date-in-future": Kind(422, "Date in the future", "Correct the date; one day ahead is accepted."),
    "amount-absurd": Kind(422, "Amount absurd", "Check quantity and unit price, or split the line."),
    "amount-too-fine": Kind(422, "Amount too fine", "Use a larger unit."),
    "no-policy": Kind(409, "No policy in force", "Publish a tiering policy first, or wait for the worker.", 2),
    "unknown-policy": Kind(409, "Unknown policy", "Repeat once the policy is published.", 2),
    "window-reversed": Kind(422, "Window reversed", "Swap the two days."),
    "window-too-long": Kind(422, "Window too long", "Choose at most ten years."),
    "window-in-future": Kind(422, "Window in the future", "Choose an earlier last day."),
    "cut-empty": Kind(409, "No sales known", "Record sales first, or repeat in a moment.", 2),
}


def loops(runtime: Runtime) -> Sequence[Loop]:
    """What the worker does besides projecting: runs, and imports."""
    return (*running.loops(runtime), import_loop(IMPORTING, runtime))


SERVICE = Service(
    name="tiering",
    title="Tiering",
    description="How much each dealer matters, and what it therefore gets.",
    routers=[
        sales.router,
        inventory.router,
        runs.router,
        classes.router,
        visits.router,
        policies.router,
        imports_of(IMPORTING),
    ],
    permissions=PERMISSIONS,
    tables=projections.TABLES,
    deciders=[CLASSIFICATION_RUN, TIER_FILE, POLICY_FILE, IMPORTING.decider],
    reactions=reactions.REACTIONS,
    problems=IMPORT_PROBLEMS | POLICY_PROBLEMS | PROBLEMS,
    loops=loops,
)

if __name__ == "__main__":
    raise SystemExit(SERVICE.main())
