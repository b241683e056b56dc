"""Who asks: a bearer token, or the session cookie of a page, becomes a `Caller` with a role and a scope.

Tokens are JWTs signed with EdDSA or ES256 and nothing else; issuer, audience, expiry and not-before are checked with
30 s of leeway. Claims of ours: `role` (one of `permissions.ROLES`) and, as the role's reach demands, `territory`,
`branch` or `region`. A token that lacks the scope its role needs is no token.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request

from service.caller import Caller
from service.permissions import ROLES
from service.problems import Problem

ALGORITHMS = ["EdDSA", "Ed25519", "ES256"]
COOKIE = "dealerlog-session"
CSRF_HEADER = "X-CSRF-Token"
LEEWAY_SECONDS = 30
TOKEN_BYTES = 8 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

log = structlog.get_logger("access")
Keys = Callable[[bool], Awaitable[KeySet]]
"""Gives the issuer's public keys; True asks for fresh ones, after a key id that was not known."""


@dataclass(frozen=True, slots=True)
class Session:
    """A caller together with what signed him in; `csrf` is set when it was a page's cookie."""

    caller: Caller
    csrf: str | None = None


def caller_of(claims: dict[str, Any], role_claim: str = "role") -> Caller:
    """The caller that verified claims describe; raises `Problem("invalid-token")` naming the claim that is wrong."""
    login, role = claims.get("sub"), claims.get(role_claim)
    if isinstance(role, list) and len(role) == 1:
        role = role[0]
    if not isinstance(login, str) or not 0 < len(login) <= 100:
        raise Problem("invalid-token", "The claim sub must name who is signed in.")
    if not isinstance(role, str) or role not in ROLES:
        raise Problem("invalid-token", f"The claim {role_claim} must be exactly one role of Dealerlog.")
    reach = ROLES[role]
    code = None if reach == "company" else claims.get(reach)
    if reach != "company" and (not isinstance(code, str) or not 0 < len(code) <= 64):
        raise Problem("invalid-token", f"A {role} needs the claim {reach}.")
    return Caller(login, role, reach, code)


class Verifier:
    """Checks tokens of one issuer for one audience.

    Parameters
    ----------
    keys: gives the issuer's public keys; asked again, for fresh ones, when a token does not verify.
    """

    def __init__(self, *, issuer: str, audience: str, keys: Keys, role_claim: str = "role") -> None:
        self._issuer, self._keys, self._role_claim = issuer, keys, role_claim
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._verified: dict[bytes, tuple[float, Caller]] = {}

    async def verify(self, token: str) -> Caller:
        """The caller a token stands for; raises `Problem("invalid-token")`, never says why in detail to a stranger."""
        if len(token) > TOKEN_BYTES:
            raise Problem("invalid-token", "The token is too long.")
        fingerprint = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        if (known := self._verified.get(fingerprint)) and time.time() < known[0]:
            return known[1]
        claims = await self._decode(token)
        caller = caller_of(claims, self._role_claim)
        if len(self._verified) >= 4096:
            self._verified.clear()
        self._verified[fingerprint] = (min(float(claims["exp"]), time.time() + 60), caller)
        return caller

    async def _decode(self, token: str) -> dict[str, Any]:
        failure: Exception | None = None
        for fresh in (False, True):
            try:
                claims = jwt.decode(token, await self._keys(fresh), algorithms=ALGORITHMS).claims
                self._claims.validate(claims)
                return dict(claims)
            except (JoseError, ValueError, TypeError, KeyError) as error:
                failure = error
        log.info("token refused", reason=type(failure).__name__)
        raise Problem("invalid-token", "The token is forged, expired, or meant for another audience.")


def csrf_of(token: str) -> str:
    """The CSRF token of a session: only who reads the HttpOnly cookie can compute it, so a page is given it."""
    return hashlib.sha256(b"dealerlog csrf\0" + token.encode()).hexdigest()


async def authenticate(request: Request, verifier: Verifier) -> Session:
    """Who asks; a cookie counts for unsafe methods only with its CSRF token and never from another site."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Problem("unauthenticated", "Authorization must be: Bearer <token>.")
        return Session(await verifier.verify(token.strip()))
    if cookie := request.cookies.get(COOKIE):
        caller = await verifier.verify(cookie)
        if request.method not in SAFE:
            _require_own_page(request, cookie)
        return Session(caller, csrf_of(cookie))
    raise Problem("unauthenticated")


def _require_own_page(request: Request, cookie: str) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    same_site = request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
    if not same_site or not hmac.compare_digest(given.encode(), csrf_of(cookie).encode()):
        raise Problem("csrf")


def require(caller: Caller, permission: str, held: dict[str, frozenset[str]], *, route: str) -> None:
    """Refuse, and log the refusal, unless the caller's role holds the permission."""
    if permission not in held.get(caller.role, frozenset()):
        log.warning("access refused", login=caller.login, role=caller.role, permission=permission, route=route)
        raise Problem("forbidden", f"{caller.role} does not hold {permission}.", permission=permission)
