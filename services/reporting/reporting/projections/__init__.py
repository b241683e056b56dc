"""What this service remembers: facts of the three others, so that any report can be read as of a date and a cut.

Names of places are state (shown as they are now); everything that is counted is facts.
"""

from reporting.projections.abc_class import abc_class
from reporting.projections.card import card
from reporting.projections.consigned_stock import consigned_stock
from reporting.projections.credit_limit import credit_limit
from reporting.projections.credit_review import credit_review
from reporting.projections.dealer_scope import dealer_scope
from reporting.projections.grade import grade
from reporting.projections.grade_proposal import grade_proposal, review_step
from reporting.projections.ledger_entry import ledger_entry
from reporting.projections.limit_override import limit_override
from reporting.projections.onboarding import onboarding
from reporting.projections.order_event import order_event
from reporting.projections.owner_group import group_limit, group_member, owner_group
from reporting.projections.period_step import period_step
from reporting.projections.place import branch, region, representative, territory
from reporting.projections.policy import policy
from reporting.projections.policy_step import policy_step
from reporting.projections.run import run
from reporting.projections.sale_line import sale_line
from reporting.projections.statement import statement, statement_step
from reporting.projections.survey_answer import survey_answer
from reporting.projections.suspension import suspension
from reporting.projections.term_change import term_change
from reporting.projections.timeline import timeline
from reporting.projections.visit import visit

TABLES = [
    dealer_scope,
    region,
    branch,
    territory,
    representative,
    onboarding,
    card,
    suspension,
    term_change,
    ledger_entry,
    period_step,
    order_event,
    grade,
    credit_limit,
    credit_review,
    grade_proposal,
    review_step,
    limit_override,
    statement,
    statement_step,
    owner_group,
    group_member,
    group_limit,
    abc_class,
    run,
    policy,
    policy_step,
    sale_line,
    consigned_stock,
    visit,
    survey_answer,
    timeline,
]
