"""The credit policy as a whole: read from its JSON content, refused with the path of each error, known by its hash."""

from rules.policy import Policy

from .collection import CollectionRule
from .due_diligence import DueDiligenceRule
from .five_c import FiveCRule
from .follow_up import FollowUpRule
from .grade_table import GradeTable
from .limitation import LimitationRule
from .provision import ProvisionRule
from .standing import AgeingRule, CheckRule, LimitRule
from .thresholds import IndicatorRules


class CreditPolicy(Policy):
    """Everything that credit decisions depend on beside facts; in force from `effective_from` on."""

    indicators: IndicatorRules
    grades: GradeTable
    limit: LimitRule
    check: CheckRule
    ageing: AgeingRule
    provision: ProvisionRule = ProvisionRule()
    limitation: LimitationRule = LimitationRule()
    collection: CollectionRule = CollectionRule()
    five_c: FiveCRule = FiveCRule()
    due_diligence: DueDiligenceRule | None = None
    follow_up: FollowUpRule | None = None
