"""Policies as they are published: which one is in force, and the one that a decision names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any, NamedTuple

from credit_rating.domain.policy import CreditPolicy
from credit_rating.domain.policy_file import POLICY_FILE
from credit_rating.snapshot import require_not_parked
from eventlog.connection import Connection
from events.decider import Refused
from events.types.shapes import PolicyRef
from rules.policy import content_hash, key
from service.policies import Policies

POLICIES = Policies(
    "credit", POLICY_FILE, CreditPolicy, files("credit_rating") / "policies/credit-2026-01.json", drafts=True
)

IN_FORCE = """
select name, version, content, hash from policy
where name = $1 and effective_from <= $2 order by effective_from desc, version desc limit 1
"""
NAMED = "select name, version, content, hash from policy where name = $1 and version = $2"


STREAM_KEY = key(POLICIES.name)


class InForce(NamedTuple):
    """A policy with the reference by which decisions name it."""

    policy: CreditPolicy
    reference: PolicyRef


class PolicyAltered(Exception):
    """What is kept of a policy is not what was published: its hash differs, or it is gone."""


async def in_force(conn: Connection, as_of: date) -> InForce:
    """The credit policy in force at the end of `as_of`, for a decision; refuses where none is published yet.

    503 while the stream of policies is parked: what was published last is not known, so nothing is decided by it.
    """
    await require_not_parked(conn, STREAM_KEY)
    return await shown_in_force(conn, as_of)


async def shown_in_force(conn: Connection, as_of: date) -> InForce:
    """The same as far as it is shown, for answers that decide nothing."""
    row = await conn.fetchrow(IN_FORCE, POLICIES.name, as_of)
    if row is None:
        raise Refused("no-policy", f"No credit policy is in force on {as_of}: publish one first.", retryable=True)
    return _read(row)


async def named(conn: Connection, reference: PolicyRef) -> InForce:
    """The policy that a decision names; raises `PolicyAltered` if its content is no longer what that hash says."""
    row = await conn.fetchrow(NAMED, reference.name, reference.version)
    if row is None:
        raise PolicyAltered(f"policy {reference.name} version {reference.version} is not there")
    if content_hash(json.loads(row["content"])) != reference.hash:
        raise PolicyAltered(f"policy {reference.name} version {reference.version} has another content")
    return _read(row)


def _read(row: Mapping[str, Any]) -> InForce:
    reference = PolicyRef(name=row["name"], version=row["version"], hash=row["hash"])
    return InForce(CreditPolicy.read(json.loads(row["content"])), reference)
