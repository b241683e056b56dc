"""The survey (资信调查): all of its answers or none (domain.md 2.3, 3.4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from customer_registry.api.approval import in_scope
from customer_registry.api.defining import DEFINING
from customer_registry.domain.survey import SURVEY, AnswerSurvey
from events.fields import Day, PastDay, Percent, Turnover
from events.types.customer_registry import Licences, Nature, Premises, SurveyAnswered
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("surveys")
LATEST_FIRST = Keyset("surveyed_on", "sequence", descending=True)
COLUMNS = """event, surveyed_on, annual_turnover, nature, licences, premises, founded_on, demand, influence,
    licences_expire_on, by, sequence"""
LIST = f"select {COLUMNS} from survey where dealer = $1 and {{after}} {{order}} limit {{limit}}"


class Answers(BaseModel):
    """Every answer of one survey. `annual_turnover` is the dealer's own; `demand` and `influence` 0–100.

    `licences_expire_on`: the last day of the licence that expires first, if it is known.
    """

    model_config = ConfigDict(extra="forbid")
    surveyed_on: Day
    annual_turnover: Turnover
    nature: Nature
    licences: Licences
    premises: Premises
    founded_on: PastDay
    demand: Percent
    influence: Percent
    licences_expire_on: PastDay | None = None


class SurveyView(BaseModel):
    """A survey as it was answered."""

    surveyed_on: date
    annual_turnover: Decimal
    nature: str
    licences: str
    premises: str
    founded_on: date
    demand: int
    influence: int
    licences_expire_on: date | None
    by: str


class SurveyRow(SurveyView):
    """A survey in a list, with the event that it came in."""

    event: UUID


@router.post("/dealers/{dealer}/survey", permission="survey.answer", answers=SurveyView,
             problems=("date-in-future", "founded-after-survey", "founded-absurd", *DEFINING))  # fmt: skip
async def answer_survey(dealer: UUID, body: Answers, write: Write) -> Response:
    """Hand in a survey; from the second on, If-Match names the version of the last."""
    await in_scope(write, dealer)
    command = AnswerSurvey(dealer=str(dealer), **body.model_dump(), by=write.caller.login, today=write.today)

    async def prepare(state: Any) -> AnswerSurvey:
        if write.expected is None and state.answered:
            raise Problem("if-match-missing", "There are surveys already: read them, and send their ETag as If-Match.")
        return command

    written = await write.handle(SURVEY, str(dealer), command, prepare=prepare)
    (answered,) = written.events
    assert isinstance(answered, SurveyAnswered)
    return write.answer(written, SurveyView.model_validate(answered.model_dump()))


@router.get("/dealers/{dealer}/surveys", permission="dealer.read", answers=Page[SurveyRow])
async def list_surveys(dealer: UUID, read: Read, page: PageOf) -> Page[SurveyRow]:
    """Surveys of a dealer, the latest first; the ETag is the version to answer the next one with."""
    query = LIST.format(after=LATEST_FIRST.after(page, 2), order=LATEST_FIRST.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        read.etag(await conn.fetchval("select count(*) from survey where dealer = $1", dealer))
        rows = await conn.fetch(query, dealer, *LATEST_FIRST.values(page))
    return page.of(rows, LATEST_FIRST, SurveyRow)
