"""Load the sample network through the public APIs, a few requests in flight; a second load changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from dealerlog.problem import Problem
from dealerlog.sample.answers import AT_LEAST, Answers, passing
from dealerlog.sample.network import Network
from dealerlog.sample.organisation import Person
from dealerlog.sample.phases import Phase, phases
from dealerlog.sample.step import Step

IN_FLIGHT = 8
ATTEMPTS = 8
RETRIED = frozenset({425, 429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a load is: `done` of `total` requests of the phase, `rows` of bulk writes handed in since the start."""

    phase: str
    done: int
    total: int
    rows: int


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Client:
    """Where the services are and how their users sign in.

    `addresses` maps the service's name to its base URL, `token` gives a person's bearer token.
    """

    http: httpx.AsyncClient
    addresses: Mapping[str, str]
    token: Callable[[Person], str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to: `dealers` by ERP number → id, rows accepted, rows that were there before, requests made.

    `positions` is the header value that a read presents to see all of it.
    """

    dealers: dict[str, str]
    accepted: int
    duplicates: int
    requests: int
    positions: str


async def load(client: Client, network: Network, progress: Report) -> Loaded:
    """Hand in the whole network, phase by phase; raises Problem at the first request that a service refuses."""
    run = _Load(client, network.seed, progress)
    for phase in phases(network):
        await run.phase(phase)
    known = run.answers
    return Loaded(
        dealers=known.ids,
        accepted=known.verdicts["accepted"],
        duplicates=known.verdicts["duplicate"],
        requests=run.requests,
        positions=known.positions(),
    )


class _Load:
    def __init__(self, client: Client, seed: int, progress: Report) -> None:
        self._client, self._seed, self._report = client, seed, progress
        self._tokens: dict[Person, str] = {}
        self.answers = Answers()
        self.requests = self._rows = 0

    async def phase(self, phase: Phase) -> None:
        """Send all steps of a phase; each presents what the phases before have reached."""
        presented = self.answers.positions()
        waiting = iter(phase.steps)
        done = 0
        self._report(Progress(phase.name, 0, len(phase.steps), self._rows))

        async def worker() -> None:
            nonlocal done
            for step in waiting:
                self.answers.take(step, await self._send(step, presented))
                done += 1
                self._rows += len(step.rows)
                self._report(Progress(phase.name, done, len(phase.steps), self._rows))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(IN_FLIGHT, len(phase.steps))):
                    group.create_task(worker())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed

    async def _send(self, step: Step, presented: str) -> httpx.Response:
        """One write, repeated under the same key while the service is away or still catching up."""
        path, (content, media) = self.answers.path(step), self.answers.content(step)
        headers = {
            "Authorization": f"Bearer {self._token(step.actor)}",
            "Content-Type": media,
            "Idempotency-Key": f"sample-{self._seed}-{step.key}",
        }
        if presented:
            headers[AT_LEAST] = presented
        if etag := self.answers.etags.get(step.thing):
            headers["If-Match"] = etag
        url = self._client.addresses[step.service].rstrip("/") + path
        for attempt in range(ATTEMPTS):
            self.requests += 1
            last = attempt == ATTEMPTS - 1
            try:
                response = await self._client.http.request(step.method, url, content=content, headers=headers)
            except httpx.TransportError as error:
                if last:
                    raise Problem(f"{step.service} does not answer at {url}: {error!r}; see its log") from error
                await asyncio.sleep(min(5.0, 0.2 * 2**attempt))
                continue
            waits = response.status_code in RETRIED or (step.rows and response.is_success and passing(response))
            if not waits or last:
                return _taken(step, response)
            await asyncio.sleep(_pause(response, attempt))
        raise AssertionError("the last attempt returns or raises")

    def _token(self, person: Person) -> str:
        if person not in self._tokens:
            self._tokens[person] = self._client.token(person)
        return self._tokens[person]


def _pause(response: httpx.Response, attempt: int) -> float:
    """Seconds until the next attempt: what the service asks for, else twice as long each time."""
    asked = response.headers.get("Retry-After", "")
    return min(10.0, float(asked)) if asked.isdigit() else min(5.0, 0.2 * 2**attempt)


def _taken(step: Step, response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    said = f"{step.method} {step.path} as {step.actor.login} ({step.actor.role}), key {step.key}"
    raise Problem(f"{step.service} refused {said}: {response.status_code} {response.text[:600]}")
