"""A file as it comes in: named, bounded, hashed while it is written to disk, looked at before anything is recorded."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from email.message import Message
from pathlib import Path, PurePosixPath

from starlette.requests import Request

from service.imports.importing import Importing
from service.imports.jobs import JobFolder, JobFolders
from service.imports.limits import Limits
from service.imports.mapping import Mapper
from service.imports.profile import Profile, load_profile, shipped_files
from service.imports.readers import open_table
from service.imports.refusals import ImportRefused
from service.problems import Problem
from service.settings import Settings

PROFILE_CHARACTERS = 16 * 1024
SERVICE_OF = {
    "sales": "tiering",
    "invoices": "credit-rating",
    "receipts": "credit-rating",
    "dealers": "customer-registry",
}


def named(given: str | None, disposition: str | None) -> str:
    """The file's name without its folders: what the query says, else what Content-Disposition says."""
    said = given
    if said is None and disposition is not None:
        message = Message()
        message["Content-Disposition"] = disposition
        said = message.get_filename()
    name = PurePosixPath((said or "").replace("\\", "/")).name
    if not name or len(name) > 200 or not name.isprintable():
        raise Problem("invalid", "The file needs a name of at most 200 printable characters.", errors=[
            {"in": "query", "name": "name", "code": "missing" if not name else "value_error",
             "detail": "such as name=sales.csv, or Content-Disposition: attachment; filename=…"}])  # fmt: skip
    return name


def profile_text(importing: Importing, name: str | None, carried: str | None) -> str:
    """The profile's text: the one that the request carries (base64), else a shipped one by its name."""
    match name, carried:
        case None, str():
            return decoded(carried)
        case str(), None:
            for file in shipped_files(importing.package):
                if load_profile(file).profile == name:
                    return file.read_text(encoding="utf-8")
            raise Problem("unknown-profile", f"No profile {name} ships here.", profile=name)
        case _:
            raise Problem("unknown-profile", "Name a shipped profile, or carry one in Import-Profile: one of the two.")


def decoded(carried: str) -> str:
    """The text of a profile that a header carries in base64."""
    try:
        text = base64.b64decode(carried, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Problem("malformed-header", "Import-Profile is a TOML profile in UTF-8, as base64.") from error
    if len(text) > PROFILE_CHARACTERS:
        raise Problem("malformed-header", f"Import-Profile carries at most {PROFILE_CHARACTERS} characters.")
    return text


def require_fitting(importing: Importing, profile: Profile, settings: Settings) -> None:
    """Refuse a profile of another service's rows, or in another currency than the installation's."""
    if profile.kind not in importing.kinds:
        raise ImportRefused(
            "other-kind", f"Profile {profile.profile} reads {profile.kind}: send it to {SERVICE_OF[profile.kind]}."
        )
    if profile.currency != settings.currency:
        raise ImportRefused(
            "other-currency", f"The profile is in {profile.currency}, this installation in {settings.currency}."
        )


async def received(request: Request, folders: JobFolders, folder: JobFolder) -> tuple[str, int]:
    """Write the body to disk; (SHA-256 as hex, bytes). Raises 413 beyond the limit, 503 when there is no room."""
    said = int(request.headers.get("content-length") or 0)
    if not await asyncio.to_thread(folders.make_room, said):
        raise Problem("import-folder-full", f"At most {folders.most_bytes} bytes wait here at once.")
    digest, size = hashlib.sha256(), 0
    with folder.file.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > folders.most_bytes:
                raise Problem("import-folder-full", f"At most {folders.most_bytes} bytes wait here at once.")
            digest.update(piece)
            await asyncio.to_thread(file.write, piece)
    return digest.hexdigest(), size


def look_at(path: Path, *, name: str, profile: Profile, limits: Limits) -> None:
    """Open the file and find every column that the profile maps; raises ImportRefused, before anything is recorded."""
    table = open_table(
        path, name=name, encoding=profile.encoding, delimiter=profile.delimiter, sheet=profile.sheet, limits=limits
    )
    Mapper(profile, table.columns)
