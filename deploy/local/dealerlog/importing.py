"""Files in through the imports API: which service takes a profile, dealers onboarded first if asked, figures."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dealerlog.client import IMPORTER, Api, merged, require
from dealerlog.problem import Problem

if TYPE_CHECKING:
    from service.imports import Profile

PACKAGES = {"tiering": "tiering", "credit-rating": "credit_rating"}
SERVICE_OF = {"sales": "tiering", "invoices": "credit-rating", "dealers": "customer-registry"}
UNNAMED = frozenset({"no-dealer"})
"""What a row is rejected for that names nobody: no fault of the onboarding."""
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
    """Rows of a file: those that brought a dealer, those whose dealer is known, and those that name none."""

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


async def onboard(api: Api, file: Path, profile: Profile, onboarding: Onboarding, *, tell: Tell = lambda text: None
                  ) -> Onboarded:  # fmt: skip
    """Onboard every dealer of the file that the registry does not know yet; known ones stay as they are.

    The registry takes the same file in, so each dealer leads back to the row that names it first.
    """
    asked = {
        "onboard": "true", "territory": onboarding.territory,
        "approved_by": onboarding.approver, "reviewed_by": onboarding.reviewer,
    }  # fmt: skip
    report = await _take_in(api, "customer-registry", file, profile, asked, tell=tell)
    if refused := {code: rows for code, rows in (report["reasons"] or {}).items() if code not in UNNAMED}:
        where = f"customer-registry's /imports/{report['id']}/errors"
        raise Problem(f"dealers were not onboarded ({refused}): see {where}")
    return Onboarded(report["accepted"], report["duplicates"], report["rejected"])


async def send(api: Api, file: Path, profile: Profile, *, dry_run: bool = False, tell: Tell = lambda text: None,
               again: str = "") -> dict[str, Any]:  # fmt: skip
    """Hand a file to the service that takes such facts and wait for its report; `again` makes it another import."""
    asked = {"dry_run": str(dry_run).lower()}
    return await _take_in(api, SERVICE_OF[profile.kind], file, profile, asked, tell=tell, again=again)


async def _take_in(api: Api, service: str, file: Path, profile: Profile, asked: dict[str, str], *, tell: Tell,
                   again: str = "") -> dict[str, Any]:  # fmt: skip
    """Post a file with the text of its profile and poll its import until it is done."""
    content = await asyncio.to_thread(file.read_bytes)
    asked = {"name": file.name} | asked
    said = _sha(repr((profile.profile, sorted(asked.items()))).encode())
    headers = {
        "Content-Type": "application/octet-stream",
        "Idempotency-Key": f"import-{_sha(content)[:24]}-{said[:16]}{again}",
    }
    if service == SERVICE_OF[profile.kind]:
        asked["profile"] = profile.profile
    else:  # it ships with another service
        headers["Import-Profile"] = base64.b64encode(_text_of(profile)).decode()
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


def _text_of(profile: Profile) -> bytes:
    """The profile's document as it ships."""
    folder = resources.files(PACKAGES[SERVICE_OF[profile.kind]]) / "profiles"
    return (folder / f"{profile.profile}.toml").read_bytes()


def progress_text(found: dict[str, Any]) -> str:
    """How far an import is, in one phrase."""
    under_way = found.get("progress")
    figures = {"rows": under_way["done"]} | under_way if under_way and under_way["unit"] == "rows" else found
    names = ("rows", "accepted", "duplicates", "rejected")
    return f"{found['state']}: " + ", ".join(f"{figures[n]:,} {n}" for n in names if figures.get(n) is not None)


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
