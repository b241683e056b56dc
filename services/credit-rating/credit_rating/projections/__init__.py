"""What this service remembers in order to answer and to decide: one file a read model."""

from credit_rating.projections.collection_step import collection_step
from credit_rating.projections.consigned_stock import consigned_stock
from credit_rating.projections.control_total import control_total
from credit_rating.projections.credit_file import credit_file
from credit_rating.projections.credit_limit import credit_limit
from credit_rating.projections.dealer import dealer
from credit_rating.projections.dealer_reference import dealer_reference
from credit_rating.projections.dealer_scope import dealer_scope
from credit_rating.projections.delegation import delegation
from credit_rating.projections.diligence import diligence
from credit_rating.projections.diligence_step import diligence_step
from credit_rating.projections.due import due
from credit_rating.projections.file_import import file_import
from credit_rating.projections.five_c_assessment import five_c_assessment
from credit_rating.projections.follow_up import follow_up
from credit_rating.projections.goods_moved import goods_moved
from credit_rating.projections.grade import grade
from credit_rating.projections.group_limit import group_limit
from credit_rating.projections.hold_release import hold_release
from credit_rating.projections.ledger_entry import ledger_entry
from credit_rating.projections.limit_override import limit_override
from credit_rating.projections.list_export import list_export
from credit_rating.projections.onboarding import onboarding
from credit_rating.projections.orders import orders
from credit_rating.projections.owner_group import group_check, group_member, owner_group
from credit_rating.projections.period_step import period_step
from credit_rating.projections.policy import policy
from credit_rating.projections.policy_draft import policy_draft
from credit_rating.projections.review import review
from credit_rating.projections.review_step import review_step
from credit_rating.projections.run import run
from credit_rating.projections.run_exclusion import run_exclusion
from credit_rating.projections.security_step import security_step
from credit_rating.projections.statement import statement
from credit_rating.projections.statement_step import statement_step
from credit_rating.projections.survey_answer import survey_answer
from credit_rating.projections.suspicion_step import suspicion_step
from credit_rating.projections.term_change import term_change

TABLES = [
    dealer_scope,
    dealer,
    dealer_reference,
    onboarding,
    term_change,
    survey_answer,
    ledger_entry,
    consigned_stock,
    goods_moved,
    period_step,
    five_c_assessment,
    diligence,
    diligence_step,
    security_step,
    suspicion_step,
    follow_up,
    collection_step,
    credit_file,
    due,
    review,
    review_step,
    delegation,
    grade,
    credit_limit,
    limit_override,
    statement,
    statement_step,
    orders,
    hold_release,
    owner_group,
    group_member,
    group_check,
    group_limit,
    policy,
    policy_draft,
    run,
    run_exclusion,
    list_export,
    control_total,
    file_import,
]
