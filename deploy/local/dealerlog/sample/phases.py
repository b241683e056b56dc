"""The network as phases of writes: within one in any order, each once the one before is visible everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from dealerlog.sample import requests, rows
from dealerlog.sample.network import Network
from dealerlog.sample.organisation import SINCE, Person
from dealerlog.sample.step import CREDIT, REGISTRY, TIERING, Json, Step
from dealerlog.sample.surveys import Survey
from dealerlog.sample.tables import levels
from dealerlog.sample.trading import Delivery, Return

BULK_ROWS = 2000
"""Rows a request: under a megabyte, a quarter of a second of work, so that progress moves."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Writes that do not wait for each other; `name` is what the progress line says."""

    name: str
    steps: tuple[Step, ...]


def phases(network: Network) -> Iterator[Phase]:
    """All phases in order: organisation, dealers from the top of the channel down, what is known of them, facts."""
    yield from _organisation(network)
    yield from _dealers(network)
    yield from _surveys(network)
    yield Phase("visits", tuple(_visits(network)))
    feed = network.organisation.feed
    ledger = [rows.ledger_row(entry) for entry in network.entries]
    goods: list[Delivery | Return] = [*network.deliveries, *network.returns]
    yield Phase("ledger", tuple(_bulk(CREDIT, "/ledger:bulk", feed, "ledger", ledger)))
    lines = [row for item in sorted(goods, key=lambda item: item.on) for row in rows.sales_rows(item)]
    yield Phase("sales", tuple(_bulk(TIERING, "/sales:bulk", feed, "sales", lines)))
    reports = [rows.stock_row(each) for each in network.stock]
    yield Phase("stock", tuple(_bulk(TIERING, "/inventory:bulk", feed, "stock", reports)))
    stopped = [d for d in network.dealers if d.suspension]
    yield Phase("suspensions", tuple(requests.suspend(network.organisation, d) for d in stopped))


def _organisation(network: Network) -> Iterator[Phase]:
    people = network.organisation
    pairs = [(branch, territory) for branch in people.branches for territory in branch.territories]
    yield Phase("regions", tuple(requests.define_region(people, r) for r in people.regions))
    yield Phase("branches", tuple(requests.define_branch(people, b) for b in people.branches))
    yield Phase("territories", tuple(requests.define_territory(people, b, t) for b, t in pairs))
    yield Phase(
        "representatives", tuple(requests.register_representative(people, b, t.representative) for b, t in pairs)
    )
    yield Phase("assignments", tuple(requests.assign_representative(people, t, SINCE) for _, t in pairs))


def _dealers(network: Network) -> Iterator[Phase]:
    """Level by level, so that a supplier is on file before those it supplies."""
    for level in levels():
        here = [d for d in network.dealers if d.level.code == level.code]
        yield Phase(f"{level.code}: submitted", tuple(requests.submit(network.seed, d) for d in here))
        yield Phase(f"{level.code}: reviewed", tuple(requests.review(d) for d in here))
        yield Phase(f"{level.code}: approved", tuple(requests.approve(network.organisation, d) for d in here))
    yield Phase("cards", tuple(requests.revise_card(d) for d in network.dealers))


def _surveys(network: Network) -> Iterator[Phase]:
    """Round by round: the answers of one dealer are versions of one stream."""
    rounds: defaultdict[str, list[Survey]] = defaultdict(list)
    for survey in network.surveys:
        rounds[survey.dealer.number].append(survey)
    for n in range(max(map(len, rounds.values()), default=0)):
        answers = [of_one[n] for of_one in rounds.values() if len(of_one) > n]
        yield Phase(f"surveys, round {n + 1}", tuple(requests.answer_survey(s) for s in answers))


def _visits(network: Network) -> Iterator[Step]:
    """Each representative hands in the visits of the own territory."""
    by_person: defaultdict[Person, list[Json]] = defaultdict(list)
    for visit in network.visits:
        by_person[visit.dealer.representative].append(rows.visit_row(visit))
    for person, own in by_person.items():
        yield from _bulk(REGISTRY, "/visits:bulk", person, f"visits-{person.scope}", own)


def _bulk(service: str, path: str, actor: Person, name: str, content: Sequence[Json]) -> Iterator[Step]:
    for n, part in enumerate(_parts(content), start=1):
        yield Step(service, "POST", path, actor, f"{name}-{n}", rows=part)


def _parts(content: Iterable[Json]) -> Iterator[tuple[Json, ...]]:
    left = iter(content)
    while part := tuple(islice(left, BULK_ROWS)):
        yield part
