"""Mapping profiles over HTTP: which ship here, and whether one's own is right."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from pydantic import BaseModel

from service.context import Read, Write
from service.imports.importing import Importing
from service.imports.problems import problem_of_refusal
from service.imports.profile import Profile, load_profile, shipped_files
from service.imports.refusals import ImportRefused
from service.problems import Problem
from service.routing import Router


class ProfileView(BaseModel):
    """A profile in short: which columns become which fields."""

    profile: str
    title: str
    kind: str
    source: str
    currency: str
    columns: dict[str, list[str]]


class ShippedProfile(ProfileView):
    """A shipped profile with its text, to start one's own from."""

    text: str


class ShippedProfiles(BaseModel):
    """The profiles that ship with a service."""

    items: list[ShippedProfile]


def add_profiles(router: Router, importing: Importing) -> None:
    """The two routes of profiles."""

    @router.get("/profiles", permission="import.read", answers=ShippedProfiles)
    async def list_profiles(read: Read) -> ShippedProfiles:
        """The mapping profiles that ship here, by name."""
        files = [(load_profile(file), file.read_text(encoding="utf-8")) for file in shipped_files(importing.package)]
        items = [ShippedProfile(**short(profile), text=text) for profile, text in files]
        return ShippedProfiles(items=sorted(items, key=lambda each: each.profile))

    @router.post("/profiles:check", permission="import.run", accepts="application/toml", status=200,
                 answers=ProfileView, problems=("profile",))  # fmt: skip
    async def check_profile(request: Request, write: Write) -> dict[str, Any]:
        """Whether a profile can be read, and how; nothing is kept."""
        try:
            text = (await request.body()).decode()
            return short(load_profile(text)) | {"position": None}
        except UnicodeDecodeError as error:
            raise Problem("profile", "A profile is text in UTF-8.") from error
        except ImportRefused as refused:
            raise problem_of_refusal(refused) from refused


def short(profile: Profile) -> dict[str, Any]:
    """What a list shows of a profile."""
    named = profile.columns.model_dump() | {f"dealer.{name}": at for name, at in profile.dealer.model_dump().items()}
    columns = {name: list(at) for name, at in named.items() if isinstance(at, tuple | list)}
    return {
        "profile": profile.profile,
        "title": profile.title,
        "kind": profile.kind,
        "source": profile.source,
        "currency": profile.currency,
        "columns": columns,
    }
