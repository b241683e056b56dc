"""A client of the services' public APIs: tokens of the local issuer, positions presented, problems in one line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from dealerlog.fleet import Fleet
from dealerlog.problem import Problem
from dealerlog.sample.answers import AT_LEAST, POSITION
from dealerlog.sample.organisation import Person

TIMEOUT_SECONDS = 120.0
PAGE = 200
MOST_READS = 100
PAUSE_SECONDS = 0.05
OPERATOR = Person("operator", "operator", "operator")
AUDITOR = Person("auditor", "auditor", "auditor")
IMPORTER = Person("importer", "importer", "importer")
COMPANY = "company"
PLACES = {"REGION": "/regions", "BRANCH": "/branches", "TERRITORY": "/territories"}


def token(secret: str, person: Person) -> str:
    """A bearer token of the local issuer; Problem says which scope the role needs."""
    from service.permissions import ROLES
    from service.tokens import issue

    reach = ROLES.get(person.role, COMPANY)
    scope = {} if reach == COMPANY else {str(reach): person.scope}
    try:
        return issue(person.role, secret=secret, login=person.login, **scope)  # type: ignore[arg-type]
    except ValueError as error:
        raise Problem(str(error)) from error


def require_scope(role: str, place: str) -> None:
    """Refuse an unknown role, or one that is bound by another kind of place than is given."""
    from service.permissions import ROLES

    known = f"one of {', '.join(ROLES)}"
    if not role:
        raise Problem(f"say which role: ROLE=… with {known}")
    if role not in ROLES:
        raise Problem(f"{role!r} is no role: say ROLE=… with {known}")
    needed = "" if ROLES[role] == COMPANY else ROLES[role].upper()
    if place != needed and needed:
        raise Problem(f"the role {role} is bound by {needed}=<code>: {where_codes_are(needed)}")
    if place != needed:
        raise Problem(f"the role {role} sees the whole company: leave {place} out")


def where_codes_are(place: str) -> str:
    """How a person finds the codes of regions, branches or territories."""
    return f"GET {PLACES[place]} of customer-registry lists the codes, and the dealers' list of the pages shows them"


@dataclass
class Api:
    """One open connection to all services of a fleet. `reached` is presented with every request (read your writes)."""

    fleet: Fleet
    reached: str = ""
    http: httpx.AsyncClient = field(init=False, repr=False)
    _tokens: dict[Person, str] = field(default_factory=dict, repr=False)

    async def __aenter__(self) -> Self:
        limits = httpx.Limits(max_connections=32)
        self.http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, limits=limits)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    def token(self, person: Person) -> str:
        """The person's token, made once."""
        if person not in self._tokens:
            self._tokens[person] = token(self.fleet.secret, person)
        return self._tokens[person]

    async def ask(self, service: str, method: str, path: str, who: Person, **request: Any) -> httpx.Response:
        """One request; its headers are ours and `headers`. A transport error is a Problem, a status is not."""
        headers = {"Authorization": f"Bearer {self.token(who)}"} | request.pop("headers", {})
        if self.reached:
            headers[AT_LEAST] = self.reached
        url = self.fleet.urls[service] + path
        try:
            return await self.http.request(method, url, headers=headers, **request)
        except httpx.TransportError as error:
            raise Problem(f"{service} does not answer at {url}: {error!r}; is it up? `dealerlog status`") from error

    async def get(self, service: str, path: str, who: Person, **params: Any) -> Any:
        """The JSON of a read."""
        asked = {name: value for name, value in params.items() if value is not None}
        return require(await self.ask(service, "GET", path, who, params=asked)).json()

    async def save(self, service: str, path: str, who: Person, to: Path) -> None:
        """Copy what a read answers into a file, piece by piece."""
        headers = {"Authorization": f"Bearer {self.token(who)}"}
        async with self.http.stream("GET", self.fleet.urls[service] + path, headers=headers) as response:
            if not response.is_success:
                await response.aread()
            require(response)
            with to.open("wb") as file:
                async for piece in response.aiter_bytes():
                    file.write(piece)

    async def post(
        self, service: str, path: str, who: Person, body: Any, *, key: str, **headers: str
    ) -> httpx.Response:
        """A write under an Idempotency-Key; raises Problem where it is refused."""
        sent = {"Idempotency-Key": key} | headers
        return require(await self.ask(service, "POST", path, who, json=body, headers=sent))

    async def change(self, service: str, path: str, who: Person, body: Any, *, key: str, shown: str) -> httpx.Response:
        """A write over what `shown` shows, which is read again while something else has changed it meanwhile."""
        for _ in range(MOST_READS):
            read = require(await self.ask(service, "GET", shown, who))
            sent = {"Idempotency-Key": key, "If-Match": read.headers["etag"]}
            answer = await self.ask(service, "POST", path, who, json=body, headers=sent)
            if answer.status_code != httpx.codes.PRECONDITION_FAILED:
                break
            await asyncio.sleep(PAUSE_SECONDS)
        self.saw(require(answer))
        return answer

    async def pages(self, service: str, path: str, who: Person, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """Every item of a paged list, following its cursors."""
        params = {"limit": PAGE} | {name: value for name, value in params.items() if value is not None}
        while True:
            response = require(await self.ask(service, "GET", path, who, params=params))
            for item in response.json()["items"]:
                yield item
            following = response.links.get("next", {}).get("url")
            if following is None:
                return
            params = dict(httpx.URL(following).params)

    def saw(self, response: httpx.Response) -> None:
        """Present what this write reached from now on."""
        self.reached = merged(self.reached, response.headers.get(POSITION, ""))


def require(response: httpx.Response) -> httpx.Response:
    """The response, unless it refuses: then the problem's own words as a Problem."""
    if response.is_success:
        return response
    place = f"{response.request.method} {response.request.url.path}"
    raise Problem(f"{place}: {response.status_code} {problem_text(response)}")


def problem_text(response: httpx.Response) -> str:
    """Title and detail of a problem document, or the beginning of whatever came."""
    try:
        said = response.json()
        parts = [said.get("title"), said.get("detail"), *map(str, said.get("errors", ())[:3])]
        return " ".join(filter(None, parts))
    except (ValueError, AttributeError):
        return response.text[:300]


def merged(one: str, other: str) -> str:
    """Two lists of positions as one, the later of each partition."""
    from eventlog.position import Position

    found: dict[tuple[str, int], Position] = {}
    for text in filter(None, [*one.split(","), *other.split(",")]):
        at = Position.parse(text)
        found[at.service, at.partition] = max(at, found.get((at.service, at.partition), at))
    return ",".join(str(at) for _, at in sorted(found.items()))
