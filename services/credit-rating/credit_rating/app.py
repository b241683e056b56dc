"""credit-rating: money, standing and limits, wired."""

from credit_rating.api import ROUTERS
from credit_rating.domain.collection import COLLECTION
from credit_rating.domain.control_totals import CONTROL_TOTALS
from credit_rating.domain.credit_file import CREDIT_FILE
from credit_rating.domain.delegation import DELEGATION
from credit_rating.domain.diligence import DILIGENCE
from credit_rating.domain.five_c import ASSESSMENT
from credit_rating.domain.follow_up import FOLLOW_UP
from credit_rating.domain.group_limit import GROUP_LIMIT
from credit_rating.domain.list_export import LIST_EXPORT, RecordExport
from credit_rating.domain.order import ORDERS
from credit_rating.domain.period import PERIOD
from credit_rating.domain.policy_file import POLICY_FILE
from credit_rating.domain.rating_run import RATING_RUN
from credit_rating.domain.security import SECURITY
from credit_rating.domain.statement import STATEMENTS
from credit_rating.imports import IMPORTS
from credit_rating.permissions import PERMISSIONS
from credit_rating.problems import PROBLEMS
from credit_rating.projections import TABLES
from credit_rating.rating_worker import loops as rating_loops
from credit_rating.reactions import CLOCK, REACTIONS
from service.app import Service
from service.imports.problems import PROBLEMS as IMPORT_PROBLEMS
from service.imports.working import import_loop
from service.list_files import Exports
from service.policies import PROBLEMS as POLICY_PROBLEMS
from service.policy_drafts import PROBLEMS as DRAFT_PROBLEMS

SERVICE = Service(
    name="credit-rating",
    title="Credit rating",
    description="What dealers owe, how well they pay, the grade and limit that follow, and the orders that pass.",
    routers=ROUTERS,
    permissions=PERMISSIONS,
    tables=TABLES,
    deciders=[
        ASSESSMENT,
        COLLECTION,
        CONTROL_TOTALS,
        CREDIT_FILE,
        DELEGATION,
        DILIGENCE,
        FOLLOW_UP,
        GROUP_LIMIT,
        LIST_EXPORT,
        ORDERS,
        PERIOD,
        POLICY_FILE,
        RATING_RUN,
        SECURITY,
        STATEMENTS,
        IMPORTS.decider,
    ],
    reactions=REACTIONS,
    clock=CLOCK,
    problems=IMPORT_PROBLEMS | POLICY_PROBLEMS | DRAFT_PROBLEMS | PROBLEMS,
    exports=Exports(decider=LIST_EXPORT, command=RecordExport),
    loops=lambda runtime: [*rating_loops(runtime), import_loop(IMPORTS, runtime)],
)

if __name__ == "__main__":
    raise SystemExit(SERVICE.main())
