"""Who may do what in the registry (domain.md 1.1, 1.2, 1.5): one table."""

from __future__ import annotations

from service.permissions import (
    BRANCH_GENERAL_MANAGER,
    BRANCH_MANAGER,
    EVERYONE,
    HEAD_OF_MARKETING,
    IMPORTER,
    REGION_CLERK,
    SALES_REPRESENTATIVE,
)

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "organisation.read": EVERYONE,
    "organisation.define": (HEAD_OF_MARKETING,),
    "dealer.read": EVERYONE,
    "dealer.submit": (BRANCH_MANAGER, REGION_CLERK),
    "dealer.review": (BRANCH_GENERAL_MANAGER,),
    "dealer.approve": (HEAD_OF_MARKETING,),
    "dealer.send_back": (BRANCH_GENERAL_MANAGER, HEAD_OF_MARKETING),
    "dealer.suspend": (HEAD_OF_MARKETING,),
    "dealer.terms": (HEAD_OF_MARKETING,),
    "dealer.group": (HEAD_OF_MARKETING,),
    "dealer.onboard": (IMPORTER,),
    "card.revise": (SALES_REPRESENTATIVE, BRANCH_MANAGER, REGION_CLERK),
    "survey.answer": (SALES_REPRESENTATIVE, BRANCH_MANAGER),
    "visit.log": (SALES_REPRESENTATIVE, BRANCH_MANAGER, REGION_CLERK, IMPORTER),
}
