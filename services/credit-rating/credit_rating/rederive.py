"""Take a decision again: what was known at its run's cut, under its policy, by the same rule must give the same bytes.

Architecture 4. `rederive` is the quick check: it reads the facts rows within the cut. `rederive_log` is the auditor's:
its log and rows are made from the topics (`eventlog.from_topics`), and every run of the log is held to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

from credit_rating.differences import Difference, Rederived, compared
from credit_rating.domain.credit_file import CREDIT_FILE, AssignGrade, CreditFile
from credit_rating.domain.rating import NotRated, Occasion, canonical_data, rate
from credit_rating.domain.rating_run import ranked_digest
from credit_rating.evidence import dealers_of, facts_of
from credit_rating.occasions import Start, run_rows, start_of
from credit_rating.projections.diligence_step import diligence_step
from credit_rating.projections.five_c_assessment import five_c_assessment
from credit_rating.projections.goods_moved import goods_moved
from credit_rating.projections.ledger_entry import ledger_entry
from credit_rating.projections.onboarding import onboarding
from credit_rating.projections.policy import policy as policies
from credit_rating.projections.survey_answer import survey_answer
from credit_rating.projections.term_change import term_change
from credit_rating.published_policies import PolicyAltered, named
from credit_rating.rating_run import PARKED
from credit_rating.rederive_limit import limit_again, limits_of, size
from credit_rating.rederive_others import others_again, others_of
from credit_rating.snapshot import company_snapshot
from eventlog.log import Log
from eventlog.position import Cut, cut_from_json
from eventlog.reading import event_of
from events import (
    CreditGradeAssigned,
    CreditLimitSet,
    Event,
    GradeWithheld,
    RatingRunCompleted,
)
from events.decider import Refused
from events.ids import canonical
from events.readers import reader_for

TABLES = [
    onboarding,
    term_change,
    survey_answer,
    ledger_entry,
    five_c_assessment,
    diligence_step,
    goods_moved,
    policies,
]
"""The tables that a rating reads."""
EVERY = """
select event from grade where ($1::uuid is null or run = $1) and ($2::uuid is null or event > $2)
order by event limit $3
"""
PLACE = "select partition, sequence, dealer, run from grade where event = $1"
DECISION = """
select g.id, g.stream, g.version, g.document as decided, l.document as limited from log.event g
left join log.event l
    on l.stream = g.stream and l.version = g.version + 1 and l.version > 0 and l.command = g.command
where g.partition = $1 and g.sequence = $2
"""
DECIDED = """
select partition, sequence, document from log.event
where (partition, sequence) > ($1::smallint, $2::bigint) and stream like '%/credit'
order by partition, sequence limit $3
"""
RUNS = "select stream from log.event where stream like 'run-%/run' and version = 1"
PAGE = 200
SLICE = 5_000
READER = reader_for({"CreditGradeAssigned": ("run",), "GradeWithheld": ("run",)}, source="credit-rating")

Place = tuple[int, int]
"""Partition and sequence."""


class Decision(NamedTuple):
    """What a run or a review decided for one dealer: a grade and its limit, or none."""

    dealer: UUID
    event: UUID
    stream: str
    version: int
    decided: CreditGradeAssigned | GradeWithheld
    limited: CreditLimitSet | None

    @property
    def data(self) -> dict[str, bytes]:
        """What is compared, by name."""
        return _data([self.decided, *([self.limited] if self.limited else [])])


async def rederive(log: Log, event: UUID) -> Rederived | None:
    """Take the grade and limit of one event again; None if there is no such grade."""
    async with company_snapshot(log.pool) as conn:
        shown = await conn.fetchrow(PLACE, event)
    if shown is None:
        return None
    decision = await _decision(log, (shown["partition"], shown["sequence"]))
    if decision is None or decision.event != event:
        return Rederived(event, shown["dealer"], shown["run"], [Difference("event", str(event), "is not in the log")])
    return await _again(log, decision)


async def rederive_all(log: Log, run: UUID | None = None) -> AsyncIterator[Rederived]:
    """Every grade ever assigned, or those of one run."""
    last: UUID | None = None
    while True:
        async with company_snapshot(log.pool) as conn:
            events = [row["event"] for row in await conn.fetch(EVERY, run, last, PAGE)]
        for event in events:
            if (one := await rederive(log, event)) is not None:
                yield one
        if len(events) < PAGE:
            return
        last = events[-1]


async def rederive_log(log: Log, bring_to: Callable[[Cut], Awaitable[None]]) -> AsyncIterator[Rederived]:
    """Every decision that the log holds, run by run, each with the tables brought to exactly its cut; then its end.

    Limits that were computed anew between runs come in the order of their cuts; after all of these, in the order of
    theirs, statements, reminders and decided promises.
    """
    places = await _places(log)
    started = {run: await start_of(log, run) for run in await _runs(log)}
    for run in places.keys() - started.keys():
        first = await _placed(log, places[run][0])
        started[run] = await start_of(log, run, first.stream, first.version)
    limits = await limits_of(log)
    for run, start in sorted(started.items(), key=lambda each: (_size(each[1]), each[0])):
        while limits and size(limits[0].cut) < _size(start):
            yield await limit_again(log, limits.pop(0), bring_to)
        await bring_to(cut_from_json(start.cut) if start else {})
        decisions = []
        for place in places.get(run, []):
            decisions.append(await _placed(log, place))
            yield await _again(log, decisions[-1])
        if start and (end := await _end(log, run, start, decisions)) is not None:
            yield end
    for limit in limits:
        yield await limit_again(log, limit, bring_to)
    async for other in others_again(log, await others_of(log), bring_to):
        yield other


async def _places(log: Log) -> dict[str, list[Place]]:
    """Run → where its decisions lie in the log."""
    found: dict[str, list[Place]] = {}
    after: Place = (-1, 0)
    while rows := await log.pool.fetch(DECIDED, *after, SLICE):
        for row in rows:
            decided: Any = READER.decode(row["document"])
            if decided is not None:
                found.setdefault(decided.data.run, []).append((row["partition"], row["sequence"]))
        after = (rows[-1]["partition"], rows[-1]["sequence"])
    return found


async def _runs(log: Log) -> set[str]:
    return {row["stream"].removeprefix("run-").removesuffix("/run") for row in await log.pool.fetch(RUNS)}


def _size(start: Start | None) -> int:
    """Orders cuts so that one within another comes first."""
    return size(start.cut) if start else 0


async def _placed(log: Log, place: Place) -> Decision:
    decision = await _decision(log, place)
    assert decision is not None, "its place was read from the log"
    return decision


async def _decision(log: Log, place: Place) -> Decision | None:
    """The decision that the log has at a place; None if there is none."""
    row = await log.pool.fetchrow(DECISION, *place)
    decided = row and event_of(row["decided"])
    if row is None or not isinstance(decided, CreditGradeAssigned | GradeWithheld):
        return None
    limited = None if row["limited"] is None else event_of(row["limited"])
    assert isinstance(limited, CreditLimitSet | None)
    dealer = UUID(row["stream"].partition("/")[0])
    return Decision(dealer, row["id"], row["stream"], row["version"], decided, limited)


async def _again(log: Log, decision: Decision) -> Rederived:
    start = await start_of(log, decision.decided.run, decision.stream, decision.version)
    found = [Difference("run", decision.decided.run, "was never started")]
    if start is not None:
        found = await _differences(log, decision, start)
    return Rederived(decision.event, decision.dealer, UUID(decision.decided.run), found)


async def _differences(log: Log, decision: Decision, start: Start) -> list[Difference]:
    async with company_snapshot(log.pool) as conn:
        facts = (await facts_of(conn, [decision.dealer], cut_from_json(start.cut))).get(decision.dealer)
        try:
            policy = (await named(conn, start.policy)).policy
        except PolicyAltered as error:
            return [Difference("policy", start.policy.model_dump(mode="json"), str(error))]
    parked = isinstance(decision.decided, GradeWithheld) and decision.decided.reason == PARKED
    if facts is None and not parked:
        return [Difference("facts", "the dealer was onboarded", "no onboarding lies within the cut")]
    occasion = Occasion(decision.decided.run, start.as_of, start.cut, start.policy, start.approved_by)
    before = await _file_before(log, decision.stream, decision.version)
    rated = facts and rate(
        facts,
        policy=policy,
        occasion=occasion,
        previous_grade=before.grade,
        previous_limit=before.limit_before,
        overrides=start.overrides,
    )
    derived = _data(_events(before, rated, occasion, decision.decided))
    names = sorted(decision.data.keys() | derived.keys())
    return [each for name in names for each in compared(name, decision.data.get(name), derived.get(name))]


def _events(before: CreditFile, rated: Any, occasion: Occasion, recorded: Event) -> list[Event]:
    """What the run's command has to write; that a stream was parked is known of no log, so that is taken as said."""
    if isinstance(recorded, GradeWithheld) and recorded.reason == PARKED:
        return [_withheld(occasion, PARKED)]
    if isinstance(rated, NotRated):
        return [_withheld(occasion, rated.reason)]
    try:
        return CREDIT_FILE.decide(before, AssignGrade(graded=rated.grade, limited=rated.limit))
    except Refused as refusal:
        return [_withheld(occasion, refusal.code)]


def _withheld(said: Occasion, reason: str) -> GradeWithheld:
    return GradeWithheld(
        run=said.run, as_of=said.as_of, reason=reason, policy=said.policy, cut=said.cut, approved_by=said.approved_by
    )


async def _end(log: Log, run: str, start: Start, decisions: list[Decision]) -> Rederived | None:
    """The end of a completed run: whom it decided about, how many, and the digest of the list. A review has none."""
    if start.region is None:
        return None
    last = (await run_rows(log, run))[-1]
    completed = event_of(last.document)
    if not isinstance(completed, RatingRunCompleted):
        return None
    listed = [(str(d.dealer), d.decided.grade, d.limited.limit) for d in decisions
              if isinstance(d.decided, CreditGradeAssigned) and d.limited]  # fmt: skip
    decided = sorted([str(each.dealer) for each in decisions] + [each.dealer for each in completed.excluded])
    async with company_snapshot(log.pool) as conn:
        known = [str(dealer) for dealer in await dealers_of(conn, start.region, cut_from_json(start.cut))]
    derived = RatingRunCompleted(
        rated=len(listed), left_out=len(decided) - len(listed), excluded=completed.excluded,
        digest=ranked_digest(listed),
    )  # fmt: skip
    differences = compared("completed", canonical_data(completed), canonical_data(derived))
    differences += compared("dealers", canonical(decided), canonical(known))
    return Rederived(last.id, None, UUID(run), differences)


async def _file_before(log: Log, stream: str, version: int) -> CreditFile:
    rows = await log.read_stream(stream, up_to=version - 1) if version > 1 else []
    state: CreditFile = CREDIT_FILE.fold(CreditFile(), [event_of(row.document) for row in rows])
    return state


NAMES = {CreditGradeAssigned: "grade", CreditLimitSet: "limit", GradeWithheld: "withheld"}


def _data(events: list[Event]) -> dict[str, bytes]:
    return {NAMES[type(each)]: canonical_data(each) for each in events}
