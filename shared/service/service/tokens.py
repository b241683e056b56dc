"""The local issuer: tokens signed with a key that is derived from the installation's secret.

`python -m service.tokens ROLE=auditor` prints one; `make token ROLE=… TERRITORY=…|BRANCH=…|REGION=…` calls it.
It works only where the settings allow the local issuer: local mode, on loopback.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import sys
import time
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from service.access import Keys, Verifier
from service.permissions import ROLES
from service.problems import Problem
from service.settings import Settings

DEFAULT_ISSUER, DEFAULT_AUDIENCE = "dealerlog-local", "dealerlog"


def signing_key(secret: str) -> OKPKey:
    """The Ed25519 key of an installation's own issuer; equal secrets give equal keys."""
    seed = hashlib.sha256(b"dealerlog token issuer\0" + secret.encode()).digest()
    # The public half comes from the library itself: a seed is the whole private key.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    kid = hashlib.sha256(public).hexdigest()[:16]
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "kid": kid, "d": _b64(seed), "x": _b64(public)})


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def issue(role: str, *, secret: str, login: str | None = None, territory: str | None = None, branch: str | None = None,
          region: str | None = None, issuer: str = DEFAULT_ISSUER, audience: str = DEFAULT_AUDIENCE,
          seconds: int = 10 * 3600) -> str:  # fmt: skip
    """A signed token for a role and its scope; ValueError says which scope the role needs."""
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role; roles are {', '.join(ROLES)}")
    reach = ROLES[role]
    given = {"territory": territory, "branch": branch, "region": region}
    if reach != "company" and not given[reach]:
        raise ValueError(f"a {role} needs {reach.upper()}=<code>")
    if surplus := [name for name, code in given.items() if code and name != reach]:
        raise ValueError(f"a {role} is bound by {reach}, not by {', '.join(surplus)}")
    key, now = signing_key(secret), int(time.time())
    claims: dict[str, Any] = {
        "iss": issuer, "aud": audience, "sub": login or role.replace("_", "-"), "role": role,
        "iat": now, "nbf": now, "exp": now + seconds, "jti": secrets.token_hex(8),
    }  # fmt: skip
    if reach != "company":
        claims[reach] = given[reach]
    return jwt.encode({"alg": "Ed25519", "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=["Ed25519"])


def verifier_of(settings: Settings) -> Verifier:
    """The verifier that the settings ask for: the installation's own key, static keys, or an outside issuer's."""
    return Verifier(
        issuer=settings.token_issuer, audience=settings.token_audience, keys=_keys_of(settings),
        role_claim=settings.token_role_claim,
    )  # fmt: skip


def _keys_of(settings: Settings) -> Keys:
    if settings.token_jwks_url:
        return fetched_keys(settings.token_jwks_url)
    if settings.token_jwks:
        import json

        return static_keys(KeySet.import_key_set(json.loads(settings.token_jwks)))
    own = signing_key(settings.secret.get_secret_value())
    return static_keys(KeySet([OKPKey.import_key(own.as_dict(private=False))]))


def static_keys(keys: KeySet) -> Keys:
    """Keys that never change while the process lives."""

    async def give(_fresh: bool) -> KeySet:
        return keys

    return give


def fetched_keys(url: str, *, every_seconds: float = 30.0) -> Keys:
    """Keys of an outside issuer, fetched when first needed and again, at most every 30 s, for a key id not known."""
    held: KeySet | None = None
    at = 0.0

    async def give(fresh: bool) -> KeySet:
        nonlocal held, at
        if held is None or (fresh and time.monotonic() - at > every_seconds):
            at = time.monotonic()
            try:
                async with httpx.AsyncClient(timeout=5) as client:
                    answer = (await client.get(url)).raise_for_status()
                held = KeySet.import_key_set(answer.json())
            except (httpx.HTTPError, ValueError) as error:
                if held is None:
                    raise Problem("temporarily-unavailable", "The issuer's keys cannot be fetched.") from error
        return held

    return give


def main(arguments: list[str]) -> int:
    """Print a token for `ROLE=… [TERRITORY=…|BRANCH=…|REGION=…] [LOGIN=…]`, from arguments, else the environment."""
    given = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    pick = {
        name: given.get(name) or os.environ.get(name) for name in ("ROLE", "LOGIN", "TERRITORY", "BRANCH", "REGION")
    }
    secret = os.environ.get("SECRET", "")
    if len(secret) < 32:
        print(
            "SECRET is not set: run this through `make token`, which takes it from the installation.", file=sys.stderr
        )
        return 2
    try:
        print(issue(pick["ROLE"] or "", secret=secret, login=pick["LOGIN"], territory=pick["TERRITORY"],
                    branch=pick["BRANCH"], region=pick["REGION"]))  # fmt: skip
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
