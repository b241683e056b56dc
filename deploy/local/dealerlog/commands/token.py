"""`token`: a bearer token of the local issuer."""

from __future__ import annotations

from typing import Annotated

import typer

from dealerlog import client
from dealerlog.commands.stack import Name
from dealerlog.installation import Installation
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
    typer.echo(client.token(installation.secret(SERVICE_SECRET), _person(given)))


def _person(given: dict[str, str]) -> Person:
    role = given.get("ROLE", "")
    scopes = [given[place] for place in ("TERRITORY", "BRANCH", "REGION") if given.get(place)]
    if len(scopes) > 1:
        raise Problem("give one of TERRITORY, BRANCH and REGION")
    client.require_scope(role, next((p for p in ("TERRITORY", "BRANCH", "REGION") if given.get(p)), ""))
    return Person(given.get("LOGIN") or role.replace("_", "-"), "", role, scopes[0] if scopes else "")
