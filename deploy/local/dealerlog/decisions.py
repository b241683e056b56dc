"""What is decided about the sample network: grades by region, classes, orders, some reviews, and the books kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dealerlog.bookkeeping import keep_books
from dealerlog.client import Api
from dealerlog.collecting import collect
from dealerlog.diligence import look_into
from dealerlog.groups import group
from dealerlog.policies import draft_policy
from dealerlog.problem import Problem
from dealerlog.reviews import EVERY, review
from dealerlog.sample.calendar import FIRST_DAY, LAST_DAY
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.network import SEED, Network
from dealerlog.sample.organisation import Person
from dealerlog.sample.step import CREDIT, TIERING
from dealerlog.statements import EVERY as STATED
from dealerlog.statements import state, state_the_rest
from dealerlog.steps import Steps
from dealerlog.terms import change_terms

RUN_SECONDS = 300.0
POLL_SECONDS = 0.25
ORDERING = 10
"""Every tenth dealer orders."""
WINDOW_FROM = FIRST_DAY.replace(year=LAST_DAY.year - 1)
"""Twelve full months up to the network's last day."""


class Runs(NamedTuple):
    """What it came to: dealers rated, left out, classified, orders released and held, reviews approved, limits computed
    anew, statements and reminders issued, runs' ids."""

    rated: int
    excluded: int
    classified: int
    released: int
    held: int
    approved: int
    recomputed: int
    issued: int
    rating_runs: list[str]
    classification_run: str


async def decide(api: Api, network: Network, dealers: Mapping[str, str], steps: Steps) -> Runs:
    """Start the runs, wait until each is complete, place orders; again under the same keys it finds all of it done.

    `dealers` maps the ERP's number to the dealer's id.
    """
    people = network.organisation
    with steps.step("credit grades", "") as step:
        done = await asyncio.gather(*(rate(api, region.code, region.director) for region in people.regions))
        rated, excluded = sum(run["rated"] for run in done), sum(run["left_out"] for run in done)
        step.note = f"{len(done)} runs: {rated} dealers rated, {excluded} left out"
    with steps.step("ABC classes", "") as step:
        classified = await classify(api, people.head_of_marketing)
        step.note = f"{classified['classified']} dealers, {WINDOW_FROM} – {LAST_DAY}"
    with steps.step("owner group", "") as step:
        step.note = await group(api, network.dealers[::ORDERING], dealers, people.head_of_marketing)
    with steps.step("orders", "") as step:
        states = await place_orders(api, network.dealers[::ORDERING], dealers)
        step.note = f"{len(states)} placed: {states.count('released')} released, {states.count('held')} held"
    with steps.step("other terms", "") as step:
        step.note, recomputed = await change_terms(api, network.dealers[::ORDERING], dealers, people.head_of_marketing)
    with steps.step("credit reviews", "") as step:
        directors = {region.code: region.director for region in people.regions}
        stages = await review(api, network.dealers[::EVERY], dealers, directors)
        waiting = ", ".join(f"{stages.count(stage)} {stage}" for stage in ("audited", "proposed", "open"))
        step.note = f"{len(stages)} before their time: {stages.count('none')} approved, {waiting}"
    with steps.step("due diligence", "") as step:
        looked = await look_into(api, network.dealers[1:3], dealers)
        step.note = f"{looked.count('approved')} approved, {looked.count('submitted')} waits for its approval"
    with steps.step("books", "") as step:
        step.note = await keep_books(api, network.entries, dealers, people.credit_controller)
    with steps.step("statements of account", "") as step:
        stated = await state(api, network.dealers[::STATED], dealers, people.credit_controller)
        rest = [dealer for n, dealer in enumerate(network.dealers) if n % STATED]
        issued = await state_the_rest(api, rest, dealers, people.credit_controller)
        answered = ", ".join(f"{stated.count(stage)} {stage}" for stage in ("confirmed", "differing", "sent"))
        step.note = f"{answered}, {issued} issued"
    with steps.step("a policy's draft", "") as step:
        step.note = await draft_policy(api, people.credit_controller)
    with steps.step("collection", "") as step:
        collected = await collect(api, network, dealers)
        kinds = ("reminders", "promises", "tasks", "legal")
        step.note = "the worst debts: " + ", ".join(f"{collected.count(kind)} {kind}" for kind in kinds)
    return Runs(
        rated,
        excluded,
        classified["classified"],
        states.count("released"),
        states.count("held"),
        stages.count("none"),
        recomputed,
        len(stated) + issued + collected.count("reminders"),
        [run_id(run) for run in done],
        run_id(classified),
    )


async def rate(api: Api, region: str, director: Person) -> dict[str, Any]:
    """One region's rating run, authorised by its director's own token."""
    body = {"region": region, "as_of": LAST_DAY.isoformat()}
    return await _run(api, CREDIT, "/rating-runs", director, body, key=f"sample-{SEED}-rating-{region}")


async def classify(api: Api, head_of_marketing: Person) -> dict[str, Any]:
    """The company's classification by net sales of twelve months."""
    body = {"window_from": WINDOW_FROM.isoformat(), "window_to": LAST_DAY.isoformat(), "measure": "net_sales"}
    return await _run(api, TIERING, "/classification-runs", head_of_marketing, body, key=f"sample-{SEED}-abc")


async def place_orders(api: Api, some: Sequence[Dealer], ids: Mapping[str, str]) -> list[str]:
    """For each dealer a modest order and one of two years' sales; how each was checked: released or held."""
    states = []
    for dealer in some:
        for n, amount in (1, dealer.forecast // 20), (2, dealer.forecast * 24):
            number = f"SO-{dealer.number}-{n}"
            body = {"number": number, "amount": f"{max(amount, 1)}.00", "currency": api.fleet.currency}
            path = f"/dealers/{ids[dealer.number]}/orders"
            answer = await api.post(CREDIT, path, dealer.branch.manager, body, key=f"sample-{SEED}-{number}")
            states.append(str(answer.json()["state"]))
            api.saw(answer)
    return states


async def _run(api: Api, service: str, path: str, who: Person, body: dict[str, Any], *, key: str) -> dict[str, Any]:
    started = await api.post(service, path, who, body, key=key)
    api.saw(started)
    place = f"{path}/{run_id(started.json())}"
    deadline = time.monotonic() + RUN_SECONDS
    while (found := await api.get(service, place, who))["state"] != "completed":
        if time.monotonic() > deadline:
            raise Problem(f"{service}'s run {place} is not complete after {RUN_SECONDS:.0f} s; see its log")
        await asyncio.sleep(POLL_SECONDS)
    return dict(found)


def run_id(run: dict[str, Any]) -> str:
    """The id of a run of either service."""
    return str(run.get("run") or run["id"])
