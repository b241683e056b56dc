"""Read a log against itself: dense and chained, commands whole, versions dense, heads and claims what the events say.

Law 3 for the tables that a rebuild does not refill: heads and claims are folds of the streams too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

import asyncpg

from eventlog.folding import encode_state, fold, fold_hash
from eventlog.restore import fold_claims
from events import Decider, category_of

BROKEN = """
with chained as (
    select partition, sequence, previous, n, m, command, recorded_at,
        lag(id) over p as id_before, lag(sequence) over p as sequence_before,
        lag(recorded_at) over p as recorded_before,
        lag(n) over p as n_before, lag(command) over p as command_before, lead(n) over p as n_after
    from log.event window p as (partition by partition order by sequence)
)
select partition, sequence from chained
where sequence <> coalesce(sequence_before, 0) + 1 or previous is distinct from id_before
    or recorded_at < recorded_before or n < 1 or n > m
    or (n > 1 and (command <> command_before or n <> n_before + 1)) or (n < m and n_after is distinct from n + 1)
order by 1, 2 limit 20
"""
GAPS = """
select stream, min(version) as first, max(version) as last, count(*) as versions from log.event
where version > 0 group by stream having min(version) <> 1 or max(version) <> count(*) limit 20
"""
HEADS = "select stream, version, fold, state from log.head order by stream"
OF_STREAM = "select document from log.event where stream = $1 and version between 1 and $2 order by version"
CLAIMS = "select key, stream from log.claim order by key"
COUNT = "select count(*) from log.event"


class Audit(NamedTuple):
    """What was read and what was wrong with it; the digests are over the heads and claims as they should be."""

    events: int
    heads: int
    heads_digest: str
    claims: int
    claims_digest: str
    problems: list[str]


async def audit(url: str, deciders: Iterable[Decider[Any, Any]]) -> Audit:
    """Read the whole log of a database; `problems` is empty if it is what it says it is."""
    by_category = {decider.category: decider for decider in deciders}
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            problems = [f"partition {p}, sequence {s}: the chain is broken" for p, s in await connection.fetch(BROKEN)]
            problems += [f"{stream}: versions {a}–{b}, {n} of them" for stream, a, b, n in await connection.fetch(GAPS)]
            heads, heads_digest = await _heads(connection, by_category, problems)
            claims, claims_digest = await _claims(connection, by_category.values(), problems)
            return Audit(await connection.fetchval(COUNT), heads, heads_digest, claims, claims_digest, problems)
    finally:
        await connection.close()


async def _heads(
    connection: asyncpg.Connection[asyncpg.Record], deciders: dict[str, Decider[Any, Any]], problems: list[str]
) -> tuple[int, str]:
    digest, count = sha256(), 0
    for stream, version, code, state in await connection.fetch(HEADS):
        decider = deciders.get(category_of(stream))
        if decider is None or code != fold_hash(decider):
            continue  # made by other code: it is not used, and made anew at the next write
        documents = [row[0] for row in await connection.fetch(OF_STREAM, stream, version)]
        folded = encode_state(fold(decider, decider.state(), documents))
        if len(documents) != version or folded != state:
            problems.append(f"{stream}: its head is not what its {len(documents)} events fold to")
        digest.update(f"{stream} {version} ".encode() + folded + b"\n")
        count += 1
    return count, digest.hexdigest()


async def _claims(
    connection: asyncpg.Connection[asyncpg.Record], deciders: Iterable[Decider[Any, Any]], problems: list[str]
) -> tuple[int, str]:
    folded = await fold_claims(connection, deciders)
    held = {key: stream for key, stream in await connection.fetch(CLAIMS)}
    differing: dict[str, list[str]] = defaultdict(list)
    for key in folded.keys() | held.keys():
        if folded.get(key) != held.get(key):
            differing[key] = [str(held.get(key)), str(folded.get(key))]
    problems += [f"claim {key}: held by {a}, by the events {b}" for key, (a, b) in sorted(differing.items())[:20]]
    digest = sha256("".join(f"{key} {folded[key]}\n" for key in sorted(folded)).encode())
    return len(folded), digest.hexdigest()
