"""Files in through the imports API: which service takes a profile, dealers onboarded first if asked, figures."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dealerlog.client import IMPORTER, Api, merged, require
from dealerlog.problem import Problem

if TYPE_CHECKING:
    from service.imports import DealerNamed, Profile

PACKAGES = {"tiering": "tiering", "credit-rating": "credit_rating"}
SERVICE_OF = {"sales": "tiering", "invoices": "credit-rating", "dealers": "customer-registry"}
ONBOARD_ROWS = 1000
POLL_SECONDS = 0.3
IMPORT_SECONDS = 3600.0
DONE = frozenset({"completed", "previewed", "refused", "undone", "lost"})
Tell = Callable[[str], None]


class Onboarding(NamedTuple):
    """Into which territory, and under whom, dealers that a file names are onboarded."""

    territory: str
    approver: str
    reviewer: str


class Onboarded(NamedTuple):
    """Dealers that a file names: new ones, and those that were known."""

    accepted: int
    duplicates: int
    rejected: int


def profiles() -> dict[str, Profile]:
    """Every mapping profile that the services ship, by name."""
    from service.imports import shipped_profiles

    return {name: each for package in PACKAGES.values() for name, each in shipped_profiles(package).items()}


def profile_named(name: str) -> Profile:
    """The profile of this name; a Problem lists those there are."""
    known = profiles()
    if name not in known:
        raise Problem(f"{name!r} is no profile: choose one of {', '.join(sorted(known))}")
    return known[name]


async def onboard(api: Api, file: Path, profile: Profile, onboarding: Onboarding) -> Onboarded:
    """Onboard every dealer of the file that the registry does not know yet; known ones stay as they are."""
    from service.imports import ImportRefused, dealers_named

    try:
        named = await asyncio.to_thread(dealers_named, file, profile)
    except ImportRefused as error:
        raise Problem(f"{file}: {error}") from error
    verdicts: list[dict[str, Any]] = []
    for first in range(0, len(named), ONBOARD_ROWS):
        verdicts += await _onboard_some(api, named[first : first + ONBOARD_ROWS], onboarding)
    kinds = [each["verdict"] for each in verdicts]
    if rejected := [each for each in verdicts if each["verdict"] == "rejected"]:
        raise Problem(f"{len(rejected)} dealers were not onboarded; the first: {rejected[0].get('reason')}")
    return Onboarded(kinds.count("accepted"), kinds.count("duplicate"), len(rejected))


async def _onboard_some(api: Api, named: list[DealerNamed], onboarding: Onboarding) -> list[dict[str, Any]]:
    rows = [
        {"source": each.source, "number": each.number, "name": each.name, "county": each.county,
         "country": each.country}
        for each in named
    ]  # fmt: skip
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    asked = {"territory": onboarding.territory, "approved_by": onboarding.approver, "reviewed_by": onboarding.reviewer}
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": f"onboard-{_sha(content)[:32]}"}
    response = require(
        await api.ask(
            "customer-registry", "POST", "/dealers:onboard", IMPORTER, params=asked, content=content, headers=headers
        )
    )
    said = [json.loads(line) for line in response.text.splitlines() if line.strip()]
    for row in said:
        for position in row.get("summary", {}).get("positions", ()):
            api.reached = merged(api.reached, position)
    return [row for row in said if "verdict" in row]


async def send(api: Api, file: Path, profile: Profile, *, dry_run: bool = False, tell: Tell = lambda text: None,
               again: str = "") -> dict[str, Any]:  # fmt: skip
    """Hand a file to the service that takes such facts and wait for its report; `again` makes it another import."""
    service = SERVICE_OF[profile.kind]
    content = await asyncio.to_thread(file.read_bytes)
    asked = {"profile": profile.profile, "name": file.name, "dry_run": str(dry_run).lower()}
    key = f"import-{_sha(content)[:24]}-{profile.profile}-{'dry' if dry_run else 'real'}{again}"
    headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": key}
    begun = require(
        await api.ask(service, "POST", "/imports", IMPORTER, params=asked, content=content, headers=headers)
    )
    found = begun.json()
    deadline = time.monotonic() + IMPORT_SECONDS
    while found["state"] not in DONE:
        if time.monotonic() > deadline:
            raise Problem(f"{service} has not finished {file.name}; see its log")
        await asyncio.sleep(POLL_SECONDS)
        found = await api.get(service, f"/imports/{found['id']}", IMPORTER)
        tell(progress_text(found))
    if found["state"] in {"refused", "lost"}:
        raise Problem(f"{file.name} was {found['state']}: {found['reason'] or found['trouble'] or 'import it again'}")
    api.reached = merged(api.reached, ",".join(found["positions"]))
    return dict(found)


def progress_text(found: dict[str, Any]) -> str:
    """How far an import is, in one phrase."""
    under_way = found.get("progress")
    figures = {"rows": under_way["done"]} | under_way if under_way and under_way["unit"] == "rows" else found
    names = ("rows", "accepted", "duplicates", "rejected")
    return f"{found['state']}: " + ", ".join(f"{figures[n]:,} {n}" for n in names if figures.get(n) is not None)


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
