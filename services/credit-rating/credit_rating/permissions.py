"""Who may do what with money, standing and limits."""

from service.permissions import (
    AUDITOR,
    BRANCH_GENERAL_MANAGER,
    BRANCH_MANAGER,
    CREDIT_CONTROLLER,
    ENTERING,
    HEAD_OF_MARKETING,
    IMPORTER,
    OPERATOR,
    PEOPLE,
    REGION_CLERK,
    REGIONAL_DIRECTOR,
)

PERMISSIONS = {
    "ledger.record": (CREDIT_CONTROLLER, IMPORTER, REGION_CLERK),
    "ledger.correct": (CREDIT_CONTROLLER, IMPORTER),
    "period.close": (CREDIT_CONTROLLER,),
    "period.read": PEOPLE,
    "receivable.write_off": (REGIONAL_DIRECTOR, HEAD_OF_MARKETING),
    "receivables.read": PEOPLE,
    "order.place": ENTERING,
    "order.cancel": (*ENTERING, CREDIT_CONTROLLER),
    "order.release": (CREDIT_CONTROLLER, REGIONAL_DIRECTOR, HEAD_OF_MARKETING),
    "order.read": PEOPLE,
    "grade.read": PEOPLE,
    "grade.rederive": (AUDITOR, OPERATOR, CREDIT_CONTROLLER),
    "limit.read": PEOPLE,
    "limit.override": (REGIONAL_DIRECTOR, HEAD_OF_MARKETING),
    "completeness.read": (HEAD_OF_MARKETING, CREDIT_CONTROLLER, AUDITOR),
    "exception.read": (REGIONAL_DIRECTOR, HEAD_OF_MARKETING, CREDIT_CONTROLLER, AUDITOR),
    "group.limit": (HEAD_OF_MARKETING,),  # whose dealers may lie in several regions
    "run.start": (REGIONAL_DIRECTOR,),
    "run.read": (REGIONAL_DIRECTOR, REGION_CLERK, HEAD_OF_MARKETING, CREDIT_CONTROLLER, AUDITOR, OPERATOR),
    "review.read": PEOPLE,
    "review.open": (BRANCH_MANAGER, BRANCH_GENERAL_MANAGER, REGIONAL_DIRECTOR, CREDIT_CONTROLLER),
    "review.propose": (BRANCH_MANAGER,),
    "review.act": (
        BRANCH_MANAGER,
        BRANCH_GENERAL_MANAGER,
        REGIONAL_DIRECTOR,
        HEAD_OF_MARKETING,
        CREDIT_CONTROLLER,
    ),  # beside whose step it is, those whom they may delegate it to
    "delegation.give": (BRANCH_GENERAL_MANAGER, REGIONAL_DIRECTOR),
    "delegation.read": PEOPLE,
    "statement.read": PEOPLE,
    "statement.issue": (CREDIT_CONTROLLER,),
    "statement.keep": (*ENTERING, CREDIT_CONTROLLER),
    "statement.settle": (CREDIT_CONTROLLER, REGIONAL_DIRECTOR),
    "statement.rederive": (AUDITOR, OPERATOR, CREDIT_CONTROLLER),
    "policy.draft": (CREDIT_CONTROLLER, HEAD_OF_MARKETING),
    "policy.approve": (HEAD_OF_MARKETING,),
    "policy.read": PEOPLE,
    "policy.simulate": (
        BRANCH_GENERAL_MANAGER,
        REGIONAL_DIRECTOR,
        HEAD_OF_MARKETING,
        CREDIT_CONTROLLER,
        AUDITOR,
    ),  # it writes nothing, and shows the caller's own dealers only
}
