"""Signing in to pages: an outside issuer by authorization code with PKCE, or the local issuer's page of roles.

Either way the browser ends with one HttpOnly, SameSite=Lax cookie that holds the token, and pages carry the CSRF token
that `csrf_of` makes of it. The local page exists only where the settings allow the local issuer.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from fastapi import Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.access import COOKIE
from service.permissions import ROLES
from service.picking import page_of_roles
from service.problems import Problem
from service.routing import Router
from service.settings import Settings, is_loopback
from service.tokens import issue

FLOW_COOKIE = "dealerlog-login"
FLOW_SECONDS = 600
router = Router("sign-in")


@router.get("/login", public=True, include_in_schema=False)
async def login(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """Pick a role, or go to the issuer."""
    settings: Settings = request.app.state.runtime.settings
    if settings.local_issuer:
        require_loopback_name(request)
        return HTMLResponse(page_of_roles(own_path(next)))
    if not (settings.oidc_authorization_url and settings.oidc_token_url and settings.oidc_client_id):
        raise Problem("not-found", "Pages need OIDC_AUTHORIZATION_URL, OIDC_TOKEN_URL and OIDC_CLIENT_ID.")
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {"response_type": "code", "client_id": settings.oidc_client_id, "redirect_uri": callback_address(request),
             "scope": settings.oidc_scope, "state": state, "code_challenge": challenge,
             "code_challenge_method": "S256"}  # fmt: skip
    away = RedirectResponse(f"{settings.oidc_authorization_url}?{urlencode(query)}", status_code=303)
    flow = sealed({"state": state, "verifier": verifier, "next": own_path(next), "until": time.time() + FLOW_SECONDS},
                  settings)  # fmt: skip
    away.set_cookie(FLOW_COOKIE, flow, max_age=FLOW_SECONDS, httponly=True, samesite="lax", secure=is_https(request))
    return away


@router.post("/login", public=True, status=303, include_in_schema=False)
async def picked(request: Request) -> Response:
    """Sign in with the role that was picked; only the local issuer does that."""
    settings: Settings = request.app.state.runtime.settings
    if not settings.local_issuer:
        raise Problem("not-found")
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Problem("csrf")
    require_loopback_name(request)
    form = {
        name: values[0].strip() for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()
    }
    role = form.get("role", "")
    try:
        token = issue(
            role, secret=settings.secret.get_secret_value(), login=form.get("login") or None,
            issuer=settings.token_issuer, audience=settings.token_audience, seconds=settings.session_hours * 3600,
            **({ROLES[role]: form.get("code")} if ROLES.get(role, "company") != "company" else {}),
        )  # fmt: skip
    except ValueError as error:
        return HTMLResponse(page_of_roles(own_path(form.get("next", "/")), trouble=str(error)), status_code=422)
    return signed_in(request, token, own_path(form.get("next", "/")))


@router.get("/login/callback", public=True, include_in_schema=False)
async def callback(request: Request, state: Annotated[str, Query(max_length=200)],
                   code: Annotated[str | None, Query(max_length=4000)] = None,
                   error: Annotated[str | None, Query(max_length=200)] = None,
                   error_description: Annotated[str | None, Query(max_length=1000)] = None,
                   session_state: Annotated[str | None, Query(max_length=500)] = None,
                   iss: Annotated[str | None, Query(max_length=500)] = None) -> Response:  # fmt: skip
    """The issuer sends the browser back with a code, which is exchanged for the token."""
    runtime = request.app.state.runtime
    flow = opened(request.cookies.get(FLOW_COOKIE, ""), runtime.settings)
    if (
        flow is None
        or not hmac.compare_digest(str(flow["state"]), state)
        or (iss and iss != runtime.settings.token_issuer)
    ):
        raise Problem("unauthenticated", "This sign-in was not begun here, or took too long; start again.")
    if not code:
        raise Problem("unauthenticated", f"The issuer refused: {error or 'no code'}.")
    token = await exchange(runtime.settings, code, str(flow["verifier"]), callback_address(request))
    await runtime.verifier.verify(token)
    away = signed_in(request, token, str(flow["next"]))
    away.delete_cookie(FLOW_COOKIE)
    return away


@router.post("/logout", public=True, status=303, include_in_schema=False)
async def logout(request: Request) -> Response:
    """Forget the session."""
    away = RedirectResponse("/login", status_code=303)
    away.delete_cookie(COOKIE)
    return away


async def exchange(settings: Settings, code: str, verifier: str, redirect: str) -> str:
    """The token that a code stands for; the access token if it is a JWT of ours, else the id token."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier,
            "client_id": settings.oidc_client_id or ""}  # fmt: skip
    if settings.oidc_client_secret:
        form["client_secret"] = settings.oidc_client_secret.get_secret_value()
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            said = (await client.post(settings.oidc_token_url or "", data=form)).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise Problem("temporarily-unavailable", "The issuer did not exchange the code.") from error
    access = str(said.get("access_token", ""))
    return access if access.count(".") == 2 else str(said.get("id_token", ""))


def signed_in(request: Request, token: str, path: str) -> Response:
    """Set the session cookie and go on."""
    hours = request.app.state.runtime.settings.session_hours
    away = RedirectResponse(path, status_code=303)
    away.set_cookie(COOKIE, token, max_age=hours * 3600, httponly=True, samesite="lax", secure=is_https(request))
    return away


def require_loopback_name(request: Request) -> None:
    """Raises `Problem`: a foreign name that was made to lead here could sign its own pages in (DNS rebinding)."""
    if not is_loopback(request.url.hostname or ""):
        raise Problem("csrf", "Roles are picked under localhost or 127.0.0.1 and no other name.")


def own_path(path: str) -> str:
    """A path of this origin, or "/": never an address to be lured to."""
    parts = urlsplit(path)
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return path if safe and path.isprintable() else "/"


def callback_address(request: Request) -> str:
    """Where the issuer sends the browser back to."""
    base = request.app.state.runtime.settings.public_url or str(request.base_url)
    return base.rstrip("/") + "/login/callback"


def is_https(request: Request) -> bool:
    """Whether browsers reach us by TLS, so that cookies may say Secure."""
    return (request.app.state.runtime.settings.public_url or str(request.base_url)).startswith("https:")


def sealed(flow: dict[str, Any], settings: Settings) -> str:
    """What a sign-in must remember, signed for the browser to keep."""
    body = base64.urlsafe_b64encode(json.dumps(flow).encode()).decode()
    return f"{body}.{_mac(body, settings)}"


def opened(cookie: str, settings: Settings) -> dict[str, Any] | None:
    """What a sign-in remembered, or None if it was altered or is too old."""
    body, _, mac = cookie.rpartition(".")
    if not body or not hmac.compare_digest(mac.encode(), _mac(body, settings).encode()):
        return None
    flow: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    return flow if flow["until"] > time.time() else None


def _mac(body: str, settings: Settings) -> str:
    return hmac.digest(settings.secret.get_secret_value().encode(), b"login\0" + body.encode(), "sha256").hex()
