"""Who comes in: tokens of our issuer, for us, in time, with the scope their role needs; and nobody else."""

from __future__ import annotations

import base64
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from service.access import Verifier, caller_of, csrf_of
from service.permissions import ROLES, permissions
from service.problems import Problem
from service.settings import Settings
from service.testing import SECRET, bearer
from service.tokens import issue, signing_key, static_keys, verifier_of


async def refused(settings: Settings, token: str) -> str:
    with pytest.raises(Problem) as caught:
        await verifier_of(settings).verify(token)
    return caught.value.code


def claims(**changed: object) -> dict[str, object]:
    now = int(time.time())
    return {"iss": "dealerlog-local", "aud": "dealerlog", "sub": "li", "role": "auditor", "exp": now + 60} | changed


def signed(said: dict[str, object], secret: str = SECRET) -> str:
    key = signing_key(secret)
    return jwt.encode({"alg": "Ed25519", "kid": key.kid}, said, key, algorithms=["Ed25519"])


async def test_a_token_of_the_installation_is_its_role_and_scope(settings: Settings) -> None:
    caller = await verifier_of(settings).verify(issue("branch_manager", secret=SECRET, branch="B1", login="wang"))
    assert (caller.login, caller.role, caller.reach, caller.code) == ("wang", "branch_manager", "branch", "B1")
    assert caller.name("branch") == "B1" and caller.name("region") == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(time.time()) - 120},
        {"nbf": int(time.time()) + 3600},
        {"aud": "another"},
        {"iss": "another"},
        {"exp": None},
        {"role": "sales_representative"},
        {"role": "emperor"},
        {"role": ["auditor", "operator"]},
        {"sub": ""},
    ],
)  # fmt: skip
async def test_expired_early_foreign_or_unscoped_tokens_are_refused(
    settings: Settings, changed: dict[str, object]
) -> None:
    said = {name: value for name, value in claims(**changed).items() if value is not None}
    assert await refused(settings, signed(said)) == "invalid-token"


async def test_a_token_signed_by_another_key_is_forged(settings: Settings) -> None:
    assert await refused(settings, signed(claims(), secret="another secret of thirty-two letters")) == "invalid-token"


async def test_a_changed_payload_is_forged(settings: Settings) -> None:
    head, _, mac = signed(claims(role="operator")).split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(role="auditor")).encode()).rstrip(b"=").decode()
    assert await refused(settings, f"{head}.{body}.{mac}") == "invalid-token"


async def test_no_token_chooses_its_own_algorithm(settings: Settings) -> None:
    body = base64.urlsafe_b64encode(json.dumps(claims()).encode()).rstrip(b"=").decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    assert await refused(settings, f"{none}.{body}.") == "invalid-token"
    public = json.dumps(signing_key(SECRET).as_dict(private=False))
    hmac = jwt.encode({"alg": "HS256"}, claims(), OctKey.import_key(public), algorithms=["HS256"])
    assert await refused(settings, hmac) == "invalid-token"


async def test_an_outside_issuer_signs_with_es256_and_may_change_its_keys() -> None:
    old, new = ECKey.generate_key("P-256", auto_kid=True), ECKey.generate_key("P-256", auto_kid=True)
    asked: list[bool] = []

    async def keys(fresh: bool) -> KeySet:
        asked.append(fresh)
        return KeySet([new if fresh else old])

    verifier = Verifier(issuer="dealerlog-local", audience="dealerlog", keys=keys)
    token = jwt.encode({"alg": "ES256", "kid": new.kid}, claims(), new, algorithms=["ES256"])
    assert (await verifier.verify(token)).role == "auditor"
    assert asked == [False, True]


async def test_a_verified_token_still_expires() -> None:
    own = signing_key(SECRET)
    verifier = Verifier(issuer="dealerlog-local", audience="dealerlog", keys=static_keys(KeySet([own])))
    token = signed(claims(exp=int(time.time()) - 28))  # within the leeway, so it counts once
    assert (await verifier.verify(token)).role == "auditor"
    verifier._claims.leeway = 0
    with pytest.raises(Problem):
        await verifier.verify(token)


@pytest.mark.parametrize(("role", "reach"), ROLES.items())
def test_a_role_demands_exactly_its_scope(role: str, reach: str) -> None:
    scope = {} if reach == "company" else {reach: "X1"}
    assert bearer(role, **scope)["Authorization"].startswith("Bearer ")
    with pytest.raises(ValueError, match=r"needs|bound by"):
        issue(role, secret=SECRET, **({} if scope else {"region": "X1"}))  # type: ignore[arg-type]
    assert caller_of({"sub": "x", "role": role, **scope}).reach == reach


def test_the_local_issuer_never_leaves_loopback() -> None:
    urls = {"database_url": "postgresql://a@h/d", "reader_database_url": "postgresql://a@h/d", "secret": SECRET}
    with pytest.raises(ValueError, match="local issuer"):
        Settings(host="0.0.0.0", **urls)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="local issuer"):
        Settings(mode="cluster", **urls)  # type: ignore[arg-type]
    assert not Settings(mode="cluster", host="0.0.0.0", token_jwks_url="https://issuer/keys", **urls).local_issuer  # type: ignore[arg-type]


def test_secrets_stay_out_of_what_is_printed(settings: Settings) -> None:
    assert SECRET not in repr(settings) and "postgresql" not in repr(settings)


def test_a_permission_has_one_owner_and_known_roles() -> None:
    with pytest.raises(ValueError, match="twice"):
        permissions({"a": ("auditor",)}, {"a": ("operator",)})
    with pytest.raises(ValueError, match="unknown role"):
        permissions({"a": ("emperor",)})


def test_a_csrf_token_belongs_to_one_session() -> None:
    assert csrf_of("one") != csrf_of("two")
