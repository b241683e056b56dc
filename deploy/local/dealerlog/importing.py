"""Files in through the imports API: which service takes a profile, dealers onboarded first if asked, figures."""

from __future__ import annotations

import asyncio
import base64
import csv
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dealerlog.client import IMPORTER, OPERATOR, Api, merged, require
from dealerlog.problem import Problem

if TYPE_CHECKING:
    from service.imports import Profile

PACKAGES = {"tiering": "tiering", "credit-rating": "credit_rating"}
SERVICE_OF = {
    "sales": "tiering",
    "invoices": "credit-rating",
    "receipts": "credit-rating",
    "dealers": "customer-registry",
}
UNNAMED = frozenset({"no-dealer"})
"""What a row is rejected for that names nobody: no fault of the onboarding."""
POLL_SECONDS = 0.3
PIECE = 1 << 20
PROFILE_CHARACTERS = 16 * 1024
ATTEMPTS, AGAIN_SECONDS = 5, 2.0
PASSING = frozenset({425, 429, 502, 503, 504})
IMPORT_SECONDS = 3600.0
DONE = frozenset({"completed", "previewed", "refused", "undone", "lost"})
Tell = Callable[[str], None]


class Known(NamedTuple):
    """A mapping profile and its text, which goes with the file: the services need not ship it."""

    profile: Profile
    text: str


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


def profiles() -> dict[str, Known]:
    """Every mapping profile that the services ship, by name."""
    from service.imports import load_profile
    from service.imports.profile import shipped_files

    found = (Known(load_profile(text), text) for package in PACKAGES.values()
             for text in (file.read_text(encoding="utf-8") for file in shipped_files(package)))  # fmt: skip
    return {each.profile.profile: each for each in found}


def profile_named(name: str) -> Known:
    """The shipped profile of this name, or one's own, from a file (`….toml`); a Problem lists those that ship."""
    from service.imports import ImportRefused, load_profile

    if name.endswith(".toml"):
        try:
            text = Path(name).read_text(encoding="utf-8")
            own = Known(load_profile(text), text)
        except (OSError, UnicodeDecodeError) as error:
            raise Problem(f"the profile {name} cannot be read: {error}") from error
        except ImportRefused as refused:
            raise Problem(f"the profile {name}: {refused}") from refused
        if len(base64.b64encode(text.encode())) > PROFILE_CHARACTERS:
            raise Problem(f"the profile {name} is too long to go with a file: at most 12 KiB")
        return own
    known = profiles()
    if name not in known:
        raise Problem(f"{name!r} is no profile: give one's own as FILE.toml, or one of {', '.join(sorted(known))}")
    return known[name]


async def onboard(api: Api, file: Path, known: Known, onboarding: Onboarding, *, tell: Tell = lambda text: None
                  ) -> Onboarded:  # fmt: skip
    """Onboard every dealer of the file that the registry does not know yet; known ones stay as they are.

    The registry takes the same file in, so each dealer leads back to the row that names it first.
    """
    asked = {
        "onboard": "true", "territory": onboarding.territory,
        "approved_by": onboarding.approver, "reviewed_by": onboarding.reviewer,
    }  # fmt: skip
    report = await _take_in(api, "customer-registry", file, known, asked, tell=tell)
    if refused := {code: rows for code, rows in (report["reasons"] or {}).items() if code not in UNNAMED}:
        where = f"customer-registry's /imports/{report['id']}/errors"
        raise Problem(f"dealers were not onboarded ({refused}): see {where}")
    return Onboarded(report["accepted"], report["duplicates"], report["rejected"])


async def send(api: Api, file: Path, known: Known, *, dry_run: bool = False, tell: Tell = lambda text: None
               ) -> dict[str, Any]:  # fmt: skip
    """Hand a file to the service that takes such facts and wait for its report.

    Each call is an import of its own: rows that are there already are duplicates, and those that were refused or taken
    back meanwhile get another chance.
    """
    asked = {"dry_run": str(dry_run).lower()}
    return await _take_in(api, SERVICE_OF[known.profile.kind], file, known, asked, tell=tell)


async def undo(api: Api, import_id: str, reason: str, *, tell: Tell = lambda text: None) -> dict[str, Any]:
    """Take an import back, in whichever service it is, and wait until that is done."""
    service = await service_of(api, import_id)
    body = {"reason": reason}
    begun = await api.post(service, f"/imports/{import_id}/undo", OPERATOR, body, key=f"undo-{secrets.token_hex(12)}")
    return await _finished(api, service, dict(begun.json()), tell, until=frozenset({"undone"}))


async def service_of(api: Api, import_id: str) -> str:
    """The service that knows this import."""
    for service in api.fleet.urls.keys() & SERVICE_OF.values():
        answer = await api.ask(service, "GET", f"/imports/{import_id}", OPERATOR)
        if answer.is_success:
            return service
    raise Problem(f"no service knows an import {import_id!r}: `dealerlog imports` lists them")


async def listed(api: Api, most: int) -> list[dict[str, Any]]:
    """The newest imports of each service that takes files, with the service's name."""
    found = []
    for service in sorted(api.fleet.urls.keys() & SERVICE_OF.values()):
        pages = api.pages(service, "/imports", OPERATOR)
        found += [{"service": service} | row async for row in _first(pages, most)]
    return found


async def save_errors(api: Api, service: str, report: dict[str, Any], to: Path) -> None:
    """Copy an import's error file: every rejected row with its reason."""
    try:
        await api.save(service, report["links"]["errors"], IMPORTER, to)
    except OSError as error:
        raise Problem(f"the rejected rows cannot be written to {to} ({error}): name a file with --errors") from error


def first_refused(errors: Path, most: int) -> list[str]:
    """The first rows of an error file: number, code, reason."""
    with errors.open(encoding="utf-8-sig", newline="") as file:
        rows = itertools.islice(csv.reader(file), 1, most + 1)
        return [f"row {row}: {code}: {reason}" for row, code, reason, *_ in rows]


async def _take_in(api: Api, service: str, file: Path, known: Known, asked: dict[str, str], *, tell: Tell
                   ) -> dict[str, Any]:  # fmt: skip
    """Post a file with the text of its profile and poll its import until it is done."""
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(file.stat().st_size),
        "Idempotency-Key": f"import-{secrets.token_hex(12)}",  # kept by the attempts below and by nothing else
        "Import-Profile": base64.b64encode(known.text.encode()).decode(),
    }
    for attempt in range(1, ATTEMPTS + 1):
        answer = await api.ask(service, "POST", "/imports", IMPORTER, params={"name": file.name} | asked,
                               content=_pieces(file), headers=headers)  # fmt: skip
        if answer.status_code not in PASSING or attempt == ATTEMPTS:
            break
        await asyncio.sleep(AGAIN_SECONDS)
    found = await _finished(api, service, dict(require(answer).json()), tell, until=DONE)
    if found["state"] in {"refused", "lost"}:
        raise Problem(f"{file.name} was {found['state']}: {found['reason'] or found['trouble'] or 'import it again'}")
    return found


async def _finished(api: Api, service: str, found: dict[str, Any], tell: Tell, *, until: frozenset[str]
                    ) -> dict[str, Any]:  # fmt: skip
    deadline = time.monotonic() + IMPORT_SECONDS
    while found["state"] not in until:
        if time.monotonic() > deadline:
            raise Problem(f"{service} has not finished {found['file']}; see its log")
        await asyncio.sleep(POLL_SECONDS)
        found = dict(await api.get(service, f"/imports/{found['id']}", IMPORTER))
        tell(progress_text(found))
    api.reached = merged(api.reached, ",".join(found["positions"]))
    return found


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    """The file piece by piece: it may be larger than memory allows."""
    with file.open("rb") as source:
        while piece := await asyncio.to_thread(source.read, PIECE):
            yield piece


async def _first(items: AsyncIterator[dict[str, Any]], most: int) -> AsyncIterator[dict[str, Any]]:
    """No more than so many; the rest is not asked for."""
    left = most
    async for item in items:
        if left <= 0:
            return
        yield item
        left -= 1


def progress_text(found: dict[str, Any]) -> str:
    """How far an import is, in one phrase."""
    under_way = found.get("progress")
    figures = {"rows": under_way["done"]} | under_way if under_way and under_way["unit"] == "rows" else found
    names = ("rows", "accepted", "duplicates", "rejected")
    return f"{found['state']}: " + ", ".join(f"{figures[n]:,} {n}" for n in names if figures.get(n) is not None)
