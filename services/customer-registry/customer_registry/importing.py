"""Dealers that a file names and that the registry does not know: onboarded only when asked, under people who are named.

Each becomes one command of three events (submitted, reviewed, onboarded), known for ever by its reference: the same
file again, or another that names the same dealer, changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from customer_registry.domain.command import OwnCode
from customer_registry.domain.dealer import ApproveDealer, reference_claim
from customer_registry.domain.onboarding import ONBOARDING, OnboardDealer
from customer_registry.domain.submission import SubmitDealer
from customer_registry.domain.territory import Territory
from eventlog.log import Log
from eventlog.meta import Meta
from eventlog.refusals import ClaimTaken, CommandReused
from events.decider import Refused
from events.envelope import Imported
from events.fields import Amount, Code, Days, Name, PaymentTerms, Said
from events.ids import command_id, request_hash
from events.types.customer_registry import ChannelLevel, Cooperation, Reference, Terms
from service.bulk import Row, RowVerdict, failed_row, reject
from service.imports import DealerNamed

AT_ONCE = 16
WAIVER = "Onboarded from a file of existing trade; the selection checklist is made up for at the next review."
HELD = "select key from log.claim where key = any($1)"
MOST_CODES = 5


class OnboardingRow(BaseModel):
    """A dealer as a file names it; `row` is the file's row that it was first met in, if there is one."""

    model_config = ConfigDict(extra="forbid")
    source: Code
    number: Code
    name: Name
    county: Name | None = None
    country: Name | None = None
    row: Annotated[int, Field(ge=1, le=10**8)] | None = None

    @classmethod
    def of(cls, named: DealerNamed, row: int | None = None) -> OnboardingRow:
        """The row of a dealer that `service.imports.dealers_named` found."""
        card = {"name": named.name, "county": named.county, "country": named.country}
        return cls(source=named.source, number=named.number, row=row, **card)


class Onboarding(NamedTuple):
    """Into which territory, under whom, and on which terms the dealers of a file are onboarded.

    `forecast_monthly_sales` in the installation's currency; `waiver` says why there is no selection checklist.
    """

    territory: OwnCode
    place: Territory
    submitted_by: Code
    reviewed_by: Code
    approved_by: Code
    onboarded_on: date
    channel_level: ChannelLevel
    cooperation: Cooperation
    method: PaymentTerms
    term_days: Days
    forecast_monthly_sales: Amount
    waiver: Said


class Importer(NamedTuple):
    """Who runs the import, on which day, and under which import id."""

    login: str
    today: date
    correlation: str
    import_id: str | None = None
    traceparent: str | None = None


async def onboard(
    log: Log, rows: Sequence[Row[OnboardingRow]], onboarding: Onboarding, importer: Importer
) -> list[RowVerdict]:
    """Onboard the dealers that are not known by their reference yet; a verdict a row."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(row: Row[OnboardingRow]) -> RowVerdict:
        async with room:
            try:
                return await _onboard(log, row, onboarding, importer)
            except Exception as error:  # its neighbours may be in the log already: they must be told so
                return failed_row(row.row, error)

    return list(await asyncio.gather(*map(one, rows)))


async def known_references(log: Log, references: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (source, number) are a dealer's already: the log's own claims."""
    claims = {reference_claim(source, number): (source, number) for source, number in references}
    return {claims[row["key"]] for row in await log.pool.fetch(HELD, list(claims))}


async def _onboard(log: Log, row: Row[OnboardingRow], onboarding: Onboarding, importer: Importer) -> RowVerdict:
    given = row.model
    dealer = command_id("customer-registry", "onboarding", given.source, given.number)
    for attempt in range(MOST_CODES):
        command = command_of(dealer, given, onboarding, importer, attempt)
        try:
            written = await log.handle(ONBOARDING, str(dealer), command, _meta(dealer, given, importer), expected=0)
        except ClaimTaken as taken:
            if taken.key.startswith("dealer-reference/"):
                return RowVerdict(row=row.row, verdict="duplicate")
            continue  # the code is another dealer's: mint the next
        except CommandReused:
            return RowVerdict(row=row.row, verdict="duplicate")
        except Refused as refused:
            return reject(row.row, refused.code, refused.detail)
        kind = "duplicate" if written.repeated else "accepted"
        return RowVerdict(row=row.row, verdict=kind, position=str(written.position))  # type: ignore[arg-type]
    return reject(row.row, "claim-taken", "No free dealer code was found; report this.")


def command_of(
    dealer: UUID, given: OnboardingRow, onboarding: Onboarding, importer: Importer, attempt: int = 0
) -> OnboardDealer:
    """The three steps of one dealer."""
    submission = SubmitDealer(
        dealer=str(dealer),
        name=given.name,
        territory=onboarding.territory,
        branch=onboarding.place.branch,
        region=onboarding.place.region,
        channel_level=onboarding.channel_level,
        cooperation=onboarding.cooperation,
        county=given.county,
        country=given.country,
        references=(Reference(source=given.source, number=given.number),),
        terms=Terms(method=onboarding.method, term_days=onboarding.term_days),
        forecast_monthly_sales=onboarding.forecast_monthly_sales,
        waiver=onboarding.waiver,
        by=onboarding.submitted_by,
    )
    approval = ApproveDealer(
        dealer=str(dealer),
        by=onboarding.approved_by,
        onboarded_on=onboarding.onboarded_on,
        attempt=attempt,
        today=importer.today,
    )
    return OnboardDealer(submission=submission, reviewed_by=onboarding.reviewed_by, approval=approval)


def _meta(dealer: UUID, given: OnboardingRow, importer: Importer) -> Meta:
    """The dealer's number is all that tells a repeat: another name for it in another file is the same dealer."""
    imported = Imported(importer.import_id, given.row or 1) if importer.import_id else None
    return Meta(
        actor=importer.login,
        business_date=importer.today,
        command_id=dealer,
        request_hash=request_hash({"source": given.source, "number": given.number}),
        correlation=importer.correlation,
        traceparent=importer.traceparent,
        imported=imported,
    )
