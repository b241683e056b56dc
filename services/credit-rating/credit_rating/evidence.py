"""What is known of dealers at a cut, read from facts rows only: the input of every rule.

A cut says for each source and partition the last sequence included. A row beyond it is not there, however it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from credit_rating.domain.diligence_cap import Approved
from credit_rating.domain.facts import DealerFacts, Survey, TermsAgreed
from credit_rating.domain.five_c import CS, FiveC
from credit_rating.domain.goods import Moved
from credit_rating.snapshot import SERVICE
from eventlog.connection import Connection
from eventlog.position import Cut
from eventlog.position import bounds as bounds  # beside `within`, whose parameter it is
from rules.entries import LedgerEntry
from rules.ledger_rows import COLUMNS, entry_of, read_rows
from service.problems import Problem

REGISTRY, TIERING = "customer-registry", "tiering"


def within(parameter: int, table: str = "") -> str:
    """The condition of rows that a cut includes; the parameter is the `bounds` of the rows' source."""
    return f"{table}sequence <= coalesce((${parameter}::bigint[])[{table}partition + 1], 0)"


WITHIN = within(2)
ENTRIES = f"""
select dealer, json_agg(json_build_array({COLUMNS})) as entries
from ledger_entry where dealer = any($1) and {WITHIN} group by dealer
"""
"""A ledger as one text is read in two thirds of the time that its rows take."""
SURVEYS = f"""
select dealer, surveyed_on, annual_turnover, nature, licences, premises, founded_on, licences_expire_on
from survey_answer where dealer = any($1) and {WITHIN} order by dealer, sequence
"""
ONBOARDINGS = f"""
select dealer, territory, onboarded_on, term_days, forecast_monthly_sales
from onboarding where dealer = any($1) and {WITHIN} order by dealer, sequence
"""
TERMS = f"""
select dealer, effective_on, term_days
from term_change where dealer = any($1) and {WITHIN} order by dealer, sequence
"""
ASSESSMENTS = f"""
select dealer, assessment, assessed_on, character, capacity, capital, collateral, conditions
from five_c_assessment where dealer = any($1) and {WITHIN} order by dealer, sequence
"""
GOODS = f"""
select m.dealer, m.moved_on, m.direction, m.territory, sum(m.value) as value from goods_moved m
where m.dealer = any($1) and {within(2, "m.")} and m.reverses is null
    and not exists (select from goods_moved r where r.reverses = m.event and {within(2, "r.")})
group by m.dealer, m.moved_on, m.direction, m.territory
"""
DILIGENCES = f"""
select dealer, diligence, dated, "limit"
from diligence_step where dealer = any($1) and step = 'approved' and {WITHIN} order by dealer, sequence
"""
OF_REGION = f"select distinct dealer from onboarding where region = $1 and {WITHIN} order by dealer"

PARKED_FILES = f"""
select k.stream, k.document from projection.parked k join projection.generation g on k.reader = g.schema
where k.source = $1 and split_part(k.stream, '/', 2) = 'file' and {WITHIN} order by k.partition, k.sequence
"""
"""As they were written: whatever kept them from being shown, an onboarding names its region."""


class _Parked(msgspec.Struct):
    type: str
    data: dict[str, Any]


_read_onboarding = msgspec.json.Decoder(_Parked).decode


async def dealers_of(conn: Connection, region: str, cut: Cut) -> list[UUID]:
    """The dealers that a region had at the cut, by id; also those whose onboarding waits in a parked stream."""
    known = {row["dealer"] for row in await conn.fetch(OF_REGION, region, bounds(cut, REGISTRY))}
    return sorted(known | await parked_dealers_of(conn, region, cut))


async def parked_dealers_of(conn: Connection, region: str, cut: Cut) -> set[UUID]:
    """Dealers of a region of which the onboarding within the cut is parked: a run names them and leaves them out.

    Raises Problem: stream-parked, where a parked onboarding does not say of which region it is.
    """
    found = set()
    for row in await conn.fetch(PARKED_FILES, REGISTRY, bounds(cut, REGISTRY)):
        try:
            said = _read_onboarding(row["document"])
        except msgspec.MsgspecError as error:
            raise Problem("stream-parked", source=REGISTRY, stream=row["stream"]) from error
        if said.type == "DealerOnboarded" and said.data.get("region") == region:
            found.add(UUID(row["stream"].partition("/")[0]))
    return found


async def facts_of(
    conn: Connection, dealers: Sequence[UUID], cut: Cut, *, with_entries: Sequence[UUID] | None = None
) -> dict[UUID, DealerFacts]:
    """Everything that a rating needs of these dealers; one not yet onboarded at the cut is absent.

    `with_entries`: whose ledgers are read, where others are measured otherwise; of all, unless given.
    """
    registry = bounds(cut, REGISTRY)
    onboardings = {row["dealer"]: row for row in await conn.fetch(ONBOARDINGS, dealers, registry)}
    surveys: dict[UUID, list[Survey]] = {}
    for row in await conn.fetch(SURVEYS, dealers, registry):
        surveys.setdefault(row["dealer"], []).append(survey_of(row))
    terms: dict[UUID, list[TermsAgreed]] = {}
    for row in await conn.fetch(TERMS, dealers, registry):
        agreed = TermsAgreed(on=row["effective_on"], term_days=row["term_days"])
        terms.setdefault(row["dealer"], []).append(agreed)
    entries = await entries_of(conn, dealers if with_entries is None else with_entries, cut)
    assessments: dict[UUID, list[FiveC]] = {}
    for row in await conn.fetch(ASSESSMENTS, dealers, bounds(cut, SERVICE)):
        assessments.setdefault(row["dealer"], []).append(assessment_of(row))
    goods: dict[UUID, list[Moved]] = {}
    for row in await conn.fetch(GOODS, dealers, bounds(cut, TIERING)):
        goods.setdefault(row["dealer"], []).append(moved_of(row))
    diligences: dict[UUID, list[Approved]] = {}
    for row in await conn.fetch(DILIGENCES, dealers, bounds(cut, SERVICE)):
        approved = Approved(diligence=str(row["diligence"]), approved_on=row["dated"], limit=row["limit"])
        diligences.setdefault(row["dealer"], []).append(approved)
    return {
        dealer: DealerFacts(
            dealer=str(dealer),
            onboarded_on=row["onboarded_on"],
            term_days=row["term_days"],
            forecast_monthly_sales=row["forecast_monthly_sales"],
            terms=tuple(terms.get(dealer, ())),
            surveys=tuple(surveys.get(dealer, ())),
            entries=tuple(entries.get(dealer, ())),
            assessments=tuple(assessments.get(dealer, ())),
            territory=row["territory"],
            goods=tuple(goods.get(dealer, ())),
            diligences=tuple(diligences.get(dealer, ())),
        )
        for dealer, row in onboardings.items()
    }


async def entries_of(conn: Connection, dealers: Sequence[UUID], cut: Cut) -> dict[UUID, list[LedgerEntry]]:
    """The ledgers of these dealers within the cut, in no order: to the rules it means nothing."""
    rows = await conn.fetch(ENTRIES, dealers, bounds(cut, SERVICE))
    return {row["dealer"]: [entry_of(each) for each in read_rows(row["entries"])] for row in rows}


def moved_of(row: Mapping[str, Any]) -> Moved:
    """A sum of rows of `goods_moved`."""
    return Moved(on=row["moved_on"], direction=row["direction"], territory=row["territory"], value=row["value"])


def assessment_of(row: Mapping[str, Any]) -> FiveC:
    """A row of `five_c_assessment`."""
    scores = {name: row[name] for name in CS}
    return FiveC(assessment=str(row["assessment"]), assessed_on=row["assessed_on"], scores=scores)


def survey_of(row: Mapping[str, Any]) -> Survey:
    """A row of `survey_answer`."""
    return Survey(
        surveyed_on=row["surveyed_on"],
        annual_turnover=row["annual_turnover"],
        nature=row["nature"],
        licences=row["licences"],
        premises=row["premises"],
        founded_on=row["founded_on"],
        licences_expire_on=row["licences_expire_on"],
    )
