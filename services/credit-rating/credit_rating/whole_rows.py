"""Rows that say several things at once, an invoice and what became of it: recorded whole or not at all.

A row is judged by what the log holds and by the rows before it in its slice: of a number the first row counts, and one
that names it otherwise is refused. What is written is what was judged, for a writer in between makes the log refuse the
whole row, which is then judged again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from credit_rating.recording import Item, Recorder, content_of
from credit_rating.revisions import Identity, Judged, Standing
from eventlog.meta import Fact
from eventlog.refusals import Contended

TRIES = 5

Row = Sequence[Item]


class RowJudged(NamedTuple):
    """What a row comes to: new if one of its documents is, a duplicate if none is, else why it is refused.

    `item`: the document that cannot be recorded.
    """

    judged: Judged
    item: Item | None = None


async def judged_rows(recorder: Recorder, rows: Sequence[Row]) -> list[RowJudged]:
    """What would become of each row, without writing anything."""
    return _judged(rows, await _standings(recorder, rows))


async def record_rows(recorder: Recorder, rows: Sequence[Row]) -> list[RowJudged]:
    """Write the rows that can be recorded; what became of each, in order."""
    done: dict[int, RowJudged] = {}
    waiting = list(range(len(rows)))
    for _ in range(TRIES):
        some = [rows[n] for n in waiting]
        standings = await _standings(recorder, some)
        judged = dict(zip(waiting, _judged(some, standings), strict=True))
        facts = [_fact(recorder, item, standings, n) for n in waiting if judged[n].judged == "new" for item in rows[n]]
        kinds: dict[int | None, set[str]] = {fact.unit: set() for fact in facts}
        for fact, verdict in zip(facts, await recorder.log.record(facts), strict=True):
            kinds[fact.unit].add(verdict.kind)
        again = {n for n, said in kinds.items() if said & {"conflict", "refused"}}
        done |= {n: judged[n] if "accepted" in said else RowJudged("duplicate")
                 for n, said in kinds.items() if n is not None and n not in again}  # fmt: skip
        waiting = [n for n in waiting if n not in done]
        if not again:
            return [done.get(n) or judged[n] for n in range(len(rows))]
    raise Contended("others recorded the same numbers meanwhile: retry")


def _judged(rows: Sequence[Row], standings: dict[Identity, Standing]) -> list[RowJudged]:
    before: dict[Identity, bytes] = {}
    judged = []
    for row in rows:
        contents = {item.identity: content_of(item) for item in row}
        each = [_judge(contents[item.identity], standings[item.identity], before.get(item.identity)) for item in row]
        refused = [(item, why) for item, why in zip(row, each, strict=True) if why in ("conflict", "exhausted")]
        if refused:
            judged.append(RowJudged(refused[0][1], refused[0][0]))
            continue
        before |= contents
        judged.append(RowJudged("new" if "new" in each else "duplicate"))
    return judged


def _judge(content: bytes, standing: Standing, before: bytes | None) -> Judged:
    """What a document is to the log and, where that has none of its number, to the rows before it."""
    judged = standing.judge(content)
    if judged == "new" and before is not None:
        return "duplicate" if before == content else "conflict"
    return judged


async def _standings(recorder: Recorder, rows: Sequence[Row]) -> dict[Identity, Standing]:
    items = [item for row in rows for item in row]
    return dict(zip((item.identity for item in items), await recorder.standings(items), strict=True))


def _fact(recorder: Recorder, item: Item, standings: dict[Identity, Standing], unit: int) -> Fact:
    revision = standings[item.identity].revision
    assert revision is not None, "an exhausted number refuses its row"
    return recorder.fact_of(item, revision, unit)
