"""The daily look at every graded dealer: whoever's computed indicators fell below the grade's is put on watch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from credit_rating.by_the_clock import issue
from credit_rating.domain.credit_file import CREDIT_FILE, Watch
from credit_rating.domain.watch import fallen
from credit_rating.evidence import facts_of
from credit_rating.published_policies import named
from credit_rating.slices import SLICE, Row, Walk, for_each
from credit_rating.snapshot import parked_keys, positions
from eventlog.connection import Connection
from eventlog.log import Log
from eventlog.position import Cut, cut_to_json
from events.types.shapes import PolicyRef

GRADED = """
select c.dealer, c.run, c.watched_since is not null as watched, g.policy, g.indicators
from credit_file c join grade g on g.dealer = c.dealer and g.run = c.run
where ($1::uuid is null or c.dealer > $1) order by c.dealer limit $2
"""


async def look_at_all(to: Log, today: date) -> int:
    """Look at every graded dealer as of `today`; answers how many came under watch or were restored.

    A dealer with a parked stream is passed over until that is mended: nobody is judged on half of what is known.
    """

    async def rows(conn: Connection, last: Row | None) -> Sequence[Row]:
        return await conn.fetch(GRADED, last and last["dealer"], SLICE)

    async def due(conn: Connection, these: Sequence[Row]) -> list[tuple[str, Watch]]:
        return await _commands(conn, these, today)

    async def give(dealer: str, command: Watch) -> bool:
        parts = ("watch", dealer, command.as_of.isoformat())  # once a day, whoever asks how often
        return await issue(to, CREDIT_FILE, dealer, command, *parts, on=command.as_of)

    return await for_each(to, Walk(name="watch", rows=rows, due=due, give=give))


async def _commands(conn: Connection, rows: Sequence[Row], today: date) -> list[tuple[str, Watch]]:
    cut: Cut = await positions(conn)
    parked = await parked_keys(conn, [str(row["dealer"]) for row in rows])
    facts = await facts_of(conn, [row["dealer"] for row in rows], cut)
    references = {row["policy"]: PolicyRef.model_validate_json(row["policy"]) for row in rows}
    rules = {said: (await named(conn, reference)).policy.indicators for said, reference in references.items()}
    found = []
    for row in rows:
        if str(row["dealer"]) in parked or row["dealer"] not in facts:
            continue
        reference = references[row["policy"]]
        worse = fallen(facts[row["dealer"]], today, rules[row["policy"]], json.loads(row["indicators"]))
        if bool(worse) != row["watched"]:
            watch = Watch(run=str(row["run"]), as_of=today, fallen=worse, policy=reference, cut=cut_to_json(cut))
            found.append((str(row["dealer"]), watch))
    return found
