"""Files into an installation in pounds: the small samples that ship, and the full files where they lie beside us."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from dealerlog import importing, running
from dealerlog.client import Api
from dealerlog.demo.checks.figures import Ledger, Sales, ledger, sales
from dealerlog.demo.checks.rebuilt import tables_rebuilt
from dealerlog.demo.engine import Finding, Scene
from dealerlog.fleet import Fleet
from dealerlog.importing import Onboarding
from dealerlog.installation import BLOCK, CHECKOUT
from dealerlog.sample.organisation import Person
from dealerlog.standing import settled

SAMPLE = CHECKOUT / "sample"
SHARED = CHECKOUT.parent / "shared" / "data"
"""Beside the repository, as this project's makers have them; an installation of the product alone has none."""
NAMES = ("customer-registry", "credit-rating", "tiering")
HEAD = Person("head", "head", "head_of_marketing")
UK = Onboarding(territory="UK-1", approver="head", reviewer="reviewer")
"""Everybody of the files is onboarded into one territory."""


@asynccontextmanager
async def pounds(scene: Scene, prefix: str) -> AsyncIterator[Api]:
    """Three services in GBP with a region, a branch and a territory; stopped at the end."""
    whole = scene.whole
    ports = {name: port + BLOCK * 10 for name, port in whole.installation.ports().items()}
    fleet = await running.fleet_of(
        whole.installation, whole.where, ports=ports, names=NAMES, prefix=prefix, currency="GBP", today=None
    )
    scene.fleets.append(fleet)
    await running.prepare(fleet, whole.steps)
    running.start(scene.supervisor, fleet)
    try:
        async with Api(fleet) as api:
            await _territory(api)
            yield api
    finally:
        scene.supervisor.stop_services({process.name for process in fleet.processes()})


async def _territory(api: Api) -> None:
    for path, body in (
        ("/regions", {"code": "UK", "name": "United Kingdom"}),
        ("/branches", {"code": "UK", "name": "United Kingdom", "region": "UK"}),
        ("/territories", {"code": UK.territory, "name": "All customers", "branch": "UK"}),
    ):
        api.saw(await api.post("customer-registry", path, HEAD, body, key=f"demo{path}"))


async def bring(api: Api, scene: Scene, file: Path, profile: str) -> dict[str, Any]:
    """Onboard who is named and import the file; the report."""
    known = importing.profile_named(profile)
    with scene.whole.steps.step("import", file.name) as step:
        await importing.onboard(api, file, known, UK)
        report = await importing.send(api, file, known, tell=step.tell)
        step.note = f"{file.name}: {importing.progress_text(report)}"
    return report


def verdicts(report: dict[str, Any]) -> tuple[int, int, int]:
    """Accepted, duplicates, rejected."""
    return report["accepted"], report["duplicates"], report["rejected"]


async def small_samples(scene: Scene) -> AsyncIterator[Finding]:
    """The shipped files, against the figures that ship with them."""
    expected = {name: figures for file in sorted(SAMPLE.glob("*.json")) for name, figures in _read(file).items()}
    async with pounds(scene, "small.") as api:
        for name, wanted in sorted(expected.items(), key=lambda each: "duplicates_after_the_first" in each[1]):
            report = await bring(api, scene, SAMPLE / name, wanted["profile"])
            accepted, duplicates, rejected = verdicts(report)
            held = (accepted + duplicates, rejected) == (wanted["rows"] - wanted.get("rejected", 0),
                                                         wanted.get("rejected", 0))  # fmt: skip
            held = held and duplicates == wanted.get("duplicates_after_the_first", 0)
            yield Finding(f"{name}: {accepted:,} accepted, {duplicates:,} duplicates, {rejected:,} rejected", held)
        retail, invoices = expected["online-retail-small.csv"], expected["invoices-small.csv"]
        async for finding in _figures(api.fleet, _sales_of(retail), _ledger_of(invoices)):
            yield finding
        async for finding in _again(api, scene, {name: each["profile"] for name, each in expected.items()}, SAMPLE):
            yield finding
        async for finding in tables_rebuilt(api.fleet, scene.whole.steps, only=frozenset({"file_import"})):
            yield finding


async def full_files(scene: Scene) -> AsyncIterator[Finding]:
    """Both Online Retail years and the invoices, against `data/README.md`."""
    if not (SHARED / "online-retail-2009-10.parquet").exists():
        yield Finding(f"the full files are not at {SHARED}", None)
        return
    wanted = {
        "online-retail-2009-10.parquet": ("online-retail-2009-10", (417_534, 0, 107_927)),
        "online-retail-2010-11.parquet": ("online-retail-2010-11", (383_419, 14_505, 133_358)),
        "invoices-2012-13.csv": ("invoices-2012-13", (2_466, 0, 0)),
    }
    async with pounds(scene, "full.") as api:
        for name, (profile, figures) in wanted.items():
            report = await bring(api, scene, SHARED / name, profile)
            accepted, duplicates, rejected = verdicts(report)
            said = f"{name}: {accepted:,} accepted, {duplicates:,} duplicates, {rejected:,} rejected"
            yield Finding(said, (accepted, duplicates, rejected) == figures)
            if profile == "online-retail-2009-10":
                first = Sales(407_695, Decimal("8832003.274"), 9_839, None, 4_383)
                async for finding in _figures(api.fleet, first, None):
                    yield finding
        both = Sales(407_695 + 383_419, None, 9_839, None, 5_942)
        async for finding in _figures(api.fleet, both, Ledger(2_466, 100, 561, 99, Decimal("5725.06"))):
            yield finding
        async for finding in _again(api, scene, {name: profile for name, (profile, _) in wanted.items()}, SHARED):
            yield finding


async def _figures(fleet: Fleet, goods: Sales, money: Ledger | None) -> AsyncIterator[Finding]:
    """What the tables hold, against what an independent count of the files gives."""
    await settled(fleet, 600.0)
    found = await sales(fleet)
    yield Finding(f"sales: {found}", found.meets(goods))
    if money is not None:
        owed = await ledger(fleet)
        yield Finding(f"invoices: {owed}", owed == money)


async def _again(api: Api, scene: Scene, files: dict[str, str], folder: Path) -> AsyncIterator[Finding]:
    """Every file once more, as another import: no row is accepted, no fact is added."""
    before = [each.events for each in await settled(api.fleet, 600.0)]
    accepted = duplicates = 0
    for name, profile in files.items():
        report = await bring(api, scene, folder / name, profile)
        accepted, duplicates = accepted + report["accepted"], duplicates + report["duplicates"]
    after = [each.events for each in await settled(api.fleet, 600.0)]
    records = sum(after) - sum(before)
    said = f"loaded again: {accepted} accepted, {duplicates:,} duplicates; {records} events, all of the imports' own"
    yield Finding(said, accepted == 0 and records == 2 * 2 * len(files))


def _read(file: Path) -> dict[str, dict[str, Any]]:
    return dict(json.loads(file.read_text()))


def _sales_of(wanted: dict[str, Any]) -> Sales:
    return Sales(
        wanted["sales"], Decimal(wanted["sales_amount"]), wanted["returns"], Decimal(wanted["returns_amount"]),
        wanted["customers"],
    )  # fmt: skip


def _ledger_of(wanted: dict[str, Any]) -> Ledger:
    return Ledger(
        wanted["rows"], wanted["customers"], wanted["disputed"], wanted["open_invoices"], Decimal(wanted["open_amount"])
    )
