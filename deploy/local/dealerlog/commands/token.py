"""`token`: a bearer token of the local issuer."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import httpx
import typer

from dealerlog import client
from dealerlog.commands.stack import Name
from dealerlog.installation import HOST, Installation
from dealerlog.problem import Problem
from dealerlog.running import SERVICE_SECRET
from dealerlog.sample.organisation import Person

KNOWN = ("ROLE", "TERRITORY", "BRANCH", "REGION", "LOGIN")
Said = Annotated[list[str] | None, typer.Argument(metavar="ROLE=… [TERRITORY=…|BRANCH=…|REGION=…] [LOGIN=…]")]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(token)


def token(said: Said = None, name: Name = "default") -> None:
    """Print a bearer token for the local installation, good for ten hours.

    For example: dealerlog token ROLE=branch_manager BRANCH=SHA, or ROLE=auditor, who reads everything.
    """
    given = dict(word.partition("=")[::2] for word in said or [])
    if unknown := given.keys() - set(KNOWN):
        raise Problem(f"{', '.join(sorted(unknown))} is not known: say ROLE=… and TERRITORY=…, BRANCH=… or REGION=…")
    installation = Installation.named(name)
    if not installation.exists():
        raise Problem(f"there is no installation {name!r}: `make run` creates it")
    person = _person(given)
    if warning := unknown_place(installation, given):
        typer.echo(f"dealerlog: {warning}", err=True)
    typer.echo(client.token(installation.secret(SERVICE_SECRET), person))


def unknown_place(installation: Installation, given: dict[str, str]) -> str | None:
    """What to say of a code that the registry does not know; nothing where it does, or does not answer."""
    place = next((each for each in client.PLACES if given.get(each)), None)
    if place is None:
        return None
    bearer = client.token(installation.secret(SERVICE_SECRET), client.AUDITOR)
    registry = f"http://{HOST}:{installation.ports()['customer-registry']}"
    url = f"{registry}{client.PLACES[place]}/{quote(given[place], safe='')}"
    try:
        answer = httpx.get(url, headers={"Authorization": f"Bearer {bearer}"}, timeout=2.0, trust_env=False)
    except httpx.HTTPError:
        return None
    if answer.status_code != httpx.codes.NOT_FOUND:
        return None
    return f"there is no {place.lower()} {given[place]!r}, so this token shows nothing: {client.where_codes_are(place)}"


def _person(given: dict[str, str]) -> Person:
    role = given.get("ROLE", "")
    scopes = [given[place] for place in ("TERRITORY", "BRANCH", "REGION") if given.get(place)]
    if len(scopes) > 1:
        raise Problem("give one of TERRITORY, BRANCH and REGION")
    client.require_scope(role, next((p for p in ("TERRITORY", "BRANCH", "REGION") if given.get(p)), ""))
    return Person(given.get("LOGIN") or role.replace("_", "-"), "", role, scopes[0] if scopes else "")
