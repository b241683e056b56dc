"""Who may do what with money, standing and limits."""

from service.permissions import (
    AUDITOR,
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
    "receivables.read": PEOPLE,
    "order.place": ENTERING,
    "order.cancel": (*ENTERING, CREDIT_CONTROLLER),
    "order.read": PEOPLE,
    "grade.read": PEOPLE,
    "grade.rederive": (AUDITOR, OPERATOR, CREDIT_CONTROLLER),
    "limit.read": PEOPLE,
    "run.start": (REGIONAL_DIRECTOR,),
    "run.read": (REGIONAL_DIRECTOR, REGION_CLERK, HEAD_OF_MARKETING, CREDIT_CONTROLLER, AUDITOR, OPERATOR),
    "policy.publish": (HEAD_OF_MARKETING,),
    "policy.read": PEOPLE,
}
