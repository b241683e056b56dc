"""What if, `/policies/simulation`: a proposed credit policy is tried over every dealer in scope before it is published.

It is a draft, by its id, or a document of the reader's own. The page holds the form and an empty report; credit-rating
answers to the browser, and `simulation.js` fills it in.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from reporting import labels, policy_labels, review_labels
from reporting.asking import Tried
from reporting.i18n import N_
from reporting.pages.policies import shown
from reporting.pages.view import page, render
from reporting.pages.words import Words
from reporting.reading.grades import GRADES
from reporting.reading.policies import credit_policy
from reporting.reading.policy_drafts import drafts
from reporting.reading.standpoint import standpoint
from reporting.reading.wrong import Wrong
from service.context import Read
from service.permissions import (
    AUDITOR,
    BRANCH_GENERAL_MANAGER,
    CREDIT_CONTROLLER,
    HEAD_OF_MARKETING,
    REGIONAL_DIRECTOR,
)
from service.routing import Router

router = Router("pages")
TRIERS = {BRANCH_GENERAL_MANAGER, REGIONAL_DIRECTOR, HEAD_OF_MARKETING, CREDIT_CONTROLLER, AUDITOR}
"""Who is offered the form; credit-rating decides anyway."""


@router.get("/policies/simulation", permission="report.read", page=True, include_in_schema=False)
@page
async def simulation(read: Read, ask: Annotated[Tried, Query()]) -> Response:
    """The policy in force on the day, to be changed and tried."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        policy = await credit_policy(conn, at)
        under_way = [each for each in await drafts(conn, at) if each.open]
    draft = next((each for each in under_way if each.draft == ask.draft), None)
    if ask.draft and draft is None:
        raise Wrong("not-found", N_("There is no such draft under way."))
    return render(read, "simulation.html", at=at, ask=ask, policy=policy, grades=GRADES, draft=draft, drafts=under_way,
                  allowed=read.caller.role in TRIERS, content=shown(policy["content"] if policy else {}), names=names,
                  problems=policy_labels.PROBLEMS)  # fmt: skip


def names(words: Words) -> dict[str, Any]:
    """What the script calls the codes of an answer."""
    return {
        "indicators": {name: words.indicator(name) for name in review_labels.INDICATORS_GRADED},
        "rules": {part: words.gettext(said) for part, said in labels.RULE_PARTS.items()},
        "left_out": {code: title for code, (title, _) in words.problems().items()},
        "none": words.gettext("none"),
        "cap": words.gettext("Capped by the 5C"),
        "uncapped": words.gettext("no"),
    }
