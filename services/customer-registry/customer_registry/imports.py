"""Files that name dealers, as the registry takes them in: those it does not know are onboarded only when asked."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from customer_registry.domain import territory as territories
from customer_registry.domain.command import OwnCode
from customer_registry.domain.territory import Territory
from customer_registry.importing import WAIVER, Importer, Onboarding, OnboardingRow, known_references, onboard
from customer_registry.projections.file_import import TYPES
from events.decider import Refused
from events.fields import Amount, Code, Day, Days, PaymentTerms, Said
from events.types.customer_registry import ChannelLevel, Cooperation
from service.bulk import Row
from service.caller import Caller
from service.imports import DealerNamed, MappedRecord, dealers_named
from service.imports.importing import Asked, Importing, Running
from service.imports.report import RowVerdict, Sink
from service.problems import Problem
from service.runtime import Runtime


class OnboardingAsked(Asked):
    """Whether to onboard, where, and under whom; without `onboard` it is a dry run that lists the dealers."""

    onboard: bool = False
    territory: OwnCode | None = None
    submitted_by: Code | None = None
    reviewed_by: Code | None = None
    approved_by: Code | None = None
    onboarded_on: Day | None = None
    channel_level: ChannelLevel = "retailer"
    cooperation: Cooperation = "dealer"
    method: PaymentTerms = "credit"
    term_days: Days = 30
    forecast_monthly_sales: Amount = Decimal(1)
    waiver: Said = WAIVER


async def admit(runtime: Runtime, caller: Caller, asked: OnboardingAsked) -> dict[str, Any]:
    """The options that the import records. Refuses an unknown territory, a missing name, one person for two steps."""
    if not asked.onboard:
        return {"dry_run": True}
    if missing := [name for name in ("territory", "reviewed_by", "approved_by") if getattr(asked, name) is None]:
        raise Problem("invalid", "Onboarding needs a territory and named people.", errors=[
            {"in": "query", "name": name, "code": "missing"} for name in missing])  # fmt: skip
    await place_of(runtime, asked.territory or "")
    people = (asked.submitted_by or caller.login, asked.reviewed_by, asked.approved_by)
    if len(set(people)) < len(people):
        raise Problem("same-person", "The three steps of an approval take three people: name three.")
    options = asked.model_dump(mode="json", exclude={"name", "profile", "dry_run", "wait", "onboard"})
    return options | {"submitted_by": people[0]}


async def place_of(runtime: Runtime, code: str) -> Territory:
    """Where a territory lies."""
    place, _ = await runtime.log.state(territories.TERRITORY, territories.key(code))
    if not place.name:
        raise Refused("unknown-territory", f"there is no territory {code}: define it first")
    found: Territory = place
    return found


async def sink_of(running: Running) -> Sink:
    """Onboards each dealer at the first of its rows, its other rows are duplicates; a dry run says which are new."""
    assert running.path is not None and running.profile is not None
    named = await asyncio.to_thread(dealers_named, running.path, running.profile, name=running.file)
    first = {each.row: each for each in named}

    async def sink(records: list[MappedRecord]) -> list[RowVerdict]:
        judged = await judge(running, [(each.row, first[each.row]) for each in records if each.row in first])
        return [judged.get(each.row) or RowVerdict(each.row, "duplicate") for each in records]

    return sink


async def judge(running: Running, dealers: list[tuple[int, DealerNamed]]) -> dict[int, RowVerdict]:
    """The verdict of the first row of each dealer."""
    if running.dry_run:
        known = await known_references(running.log, [(each.source, each.number) for _, each in dealers])
        return {
            row: RowVerdict(row, "duplicate") if (each.source, each.number) in known else RowVerdict(row, "accepted")
            for row, each in dealers
        }
    onboarding = await onboarding_of(running)
    importer = Importer(
        running.caller.login, running.today, running.correlation, running.import_id, running.traceparent
    )
    rows = [Row(row, OnboardingRow.of(each, row)) for row, each in dealers]
    said = await onboard(running.log, rows, onboarding, importer)
    return {each.row: RowVerdict(each.row, each.verdict, each.code or "", each.reason or "") for each in said}


async def onboarding_of(running: Running) -> Onboarding:
    """How the dealers of this import are onboarded."""
    asked = OnboardingAsked.model_validate({"onboard": True, **onboarding_options(running.options)})
    assert asked.territory and asked.submitted_by and asked.reviewed_by and asked.approved_by
    return Onboarding(
        asked.territory,
        await place_of(running.runtime, asked.territory),
        asked.submitted_by,
        asked.reviewed_by,
        asked.approved_by,
        asked.onboarded_on or running.today,
        asked.channel_level,
        asked.cooperation,
        asked.method,
        asked.term_days,
        asked.forecast_monthly_sales,
        asked.waiver,
    )


def onboarding_options(options: Any) -> dict[str, Any]:
    """Of what the import recorded, what onboarding asks for."""
    return {name: value for name, value in options.items() if name in OnboardingAsked.model_fields}


IMPORTING = Importing(
    package="customer_registry",
    types=TYPES,
    kinds=("dealers", "sales", "invoices", "receipts"),
    sink=sink_of,
    undo_instead="Nobody is un-onboarded by a file: suspend the dealers that should not trade.",
    asks=OnboardingAsked,
    admit=admit,
)
